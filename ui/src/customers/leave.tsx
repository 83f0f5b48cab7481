import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { refreshMe } from '../api/me'
import { usePane } from '../kit/details/pane'
import { ConfirmDialog } from '../kit/form/Dialog'
import { IconExport } from '../kit/icons'
import { useMe } from '../kit/rights'
import { useFormat } from '../text/i18n'
import { runsRoles } from './admins'
import { useChanged } from './changed'
import { auditAddress, leaveCustomer, type Entry } from './queries'

/**
 * Why the person cannot remove the customer; undefined when it may be able to. While the views are closed nobody holds
 * anything that would tell: the server, which knows the members of the built-in role, then decides.
 */
export function useLeaveRefusal(customer: Entry | undefined): string | undefined {
  const { t } = useTranslation('customers')
  const me = useMe()
  if (customer === undefined) return undefined
  if (customer.state === 'without-admin') return t('leave.noAdmin')
  const closed = customer.state === 'consent-withdrawn' && customer.mine
  return closed || runsRoles(me, customer.id) ? undefined : t('leave.onlyAdmin', { name: customer.name })
}

interface LeaveProps {
  readonly customer: Entry
  readonly open: boolean
  /** The relation has ended: what shows the customer goes. */
  readonly onLeft: () => void
  readonly onClose: () => void
}

/** Removing a customer: what ends, what is erased, what can be kept before, and its name typed (screens.md 3, Danger). */
export function LeaveCustomer({ customer, open, onLeft, onClose }: LeaveProps) {
  const { t } = useTranslation('customers')
  const format = useFormat()
  const client = useQueryClient()
  const changed = useChanged()
  const pane = usePane()
  const { id, name, rooms } = customer
  const run = async () => {
    await leaveCustomer(id, name)
    onLeft()
    pane?.close()
    changed.done(t('leave.done', { name }))
    void refreshMe(client) // one role less: everything that this tab knows of the customer goes
  }
  return (
    <ConfirmDialog
      open={open}
      title={rooms === undefined ? t('leave.title', { name }) : t('leave.titleRooms', { name, count: rooms, rooms: format.number(rooms) })}
      action={t('leave.action')}
      danger
      typed={name}
      run={run}
      onClose={onClose}
    >
      <p>{t('leave.ends', { name })}</p>
      <div>
        <p className="b">{t('leave.erased')}</p>
        <ul className="bullets">
          <li>{t('leave.erased1')}</li>
          <li>{t('leave.erased2')}</li>
          <li>{t('leave.erased3')}</li>
        </ul>
      </div>
      <p>{t('leave.final', { name })}</p>
      <div>
        <p>
          <span className="b">{t('leave.keep')}</span> {t('leave.keepText')}
        </p>
        <p className="row under wraps">
          {(['csv', 'jsonl'] as const).map((form) => (
            <a key={form} className="btn" href={auditAddress(id, form)} download>
              <IconExport className="i" aria-hidden />
              {t(`leave.${form}`)}
            </a>
          ))}
        </p>
      </div>
    </ConfirmDialog>
  )
}
