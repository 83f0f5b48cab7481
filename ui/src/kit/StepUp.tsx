import { useTranslation } from 'react-i18next'
import { Message } from './Message'
import { usePlace } from './scope'
import { IconShield } from './icons'

/** Where the sign-in asks for the strong authentication that a customer demands, and comes back here. */
export function stepUpAddress(side: 'partner' | 'customer', back: string): string {
  return `/signin?${new URLSearchParams({ side, return: back }).toString()}`
}

/** Instead of data that a customer gives to strongly authenticated people only. */
export function StepUp() {
  const { t } = useTranslation()
  const { me, customerName } = usePlace()
  const back = typeof window === 'undefined' ? '/' : window.location.pathname + window.location.search
  return (
    <Message
      tone="brand"
      icon={IconShield}
      action={
        <a className="btn p" href={stepUpAddress(me.side, back)}>
          {t('kit.confirmStepUp')}
        </a>
      }
    >
      {customerName === undefined ? t('kit.stepUpAny') : t('kit.stepUp', { customer: customerName })}
    </Message>
  )
}
