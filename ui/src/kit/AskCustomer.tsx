import { useNavigate } from '@tanstack/react-router'
import { useEffect, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { pathOf } from './address'
import { Button } from './Button'
import { Empty } from './Empty'
import type { Icon } from './icons'
import { PlainPage } from './Page'
import { useOpenSwitch, usePlace } from './scope'

interface AskCustomerProps {
  readonly title: string
  /** The page that shows one customer: 'roles'. */
  readonly page: string
  /** What the person must hold for it. */
  readonly permission: string
  readonly icon: Icon
  /** Why one is needed. */
  readonly children: ReactNode
}

/** Instead of a page that shows one customer, under "All customers": asks which, with the switch open. Who has only one goes there at once. */
export function AskCustomer({ title, page, permission, icon, children }: AskCustomerProps) {
  const { t } = useTranslation()
  const { me } = usePlace()
  const openSwitch = useOpenSwitch()
  const navigate = useNavigate()
  const holdings = me.holdings.filter((holding) => holding.permissions.includes(permission))
  const only = holdings.length === 1 ? holdings[0]?.customerId : undefined
  const several = holdings.length > 1

  useEffect(() => {
    if (only !== undefined) void navigate({ to: pathOf(page, only), replace: true } as never)
  }, [navigate, only, page])
  useEffect(() => {
    if (!several) return
    const timer = setTimeout(openSwitch) // after the frame has put the focus on the page
    return () => clearTimeout(timer)
  }, [openSwitch, several])

  return (
    <PlainPage title={title}>
      <Empty icon={icon} action={several && <Button onClick={openSwitch}>{t('kit.chooseCustomer')}</Button>}>
        {holdings.length === 0 ? t('kit.noPermission', { what: title.toLocaleLowerCase() }) : children}
      </Empty>
    </PlainPage>
  )
}
