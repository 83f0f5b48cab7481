import { useTranslation } from 'react-i18next'
import { signinAddress } from '../api/signout'
import { useHere } from '../kit/address'
import { useTitle } from '../kit/announce'
import { IconKey } from '../kit/icons'
import { Message } from '../kit/Message'
import { useFrame } from './frame'
import { byDemand, waitingOf, type Waiting } from './stepUp'

/** Above every page that spans customers: which of them wait for a stronger sign-in, and the way to it and back. */
export function StepUpBanner() {
  const { t } = useTranslation('app')
  const { me } = useFrame()
  const groups = byDemand(waitingOf(me))
  return <div className="stepup">{groups.map(bar)}</div>

  function bar([first, ...rest]: readonly [Waiting, ...Waiting[]]) {
    const { demands } = first
    return (
      <Message key={demands.id} tone="brand" icon={IconKey} action={<Continue waiting={first} />}>
        {rest.length === 0
          ? t('stepUp.demands', { customer: first.name, name: demands.name })
          : t('stepUp.demandMore', { customer: first.name, name: demands.name, count: rest.length })}{' '}
        {demands.offered ? <span className="sec">{t('stepUp.until')}</span> : t('stepUp.notOffered', { name: demands.name })}
      </Message>
    )
  }
}

/** Instead of a page of one customer that waits. */
export function StepUpPage({ waiting }: { waiting: Waiting }) {
  const { t } = useTranslation('app')
  const { name, demands } = waiting
  const title = t('stepUp.title', { customer: name, name: demands.name })
  useTitle(title)
  return (
    <div className="only">
      <h1>{title}</h1>
      <p>{t('stepUp.text', { customer: name, name: demands.name })}</p>
      <p className="sec">{demands.offered ? t('stepUp.back') : t('stepUp.notOffered', { name: demands.name })}</p>
      <p className="row">
        <Continue waiting={waiting} />
      </p>
    </div>
  )
}

/** A link, because the whole page moves to Entra; it comes back to this address. */
function Continue({ waiting: { demands } }: { waiting: Waiting }) {
  const { t } = useTranslation('app')
  const here = useHere()
  if (!demands.offered) return null
  return (
    <a className="btn p" href={signinAddress({ stepUp: demands.id, back: here })}>
      {t('stepUp.go')}
    </a>
  )
}
