import { useQueryClient } from '@tanstack/react-query'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { approves } from '../api/can'
import { refreshMe } from '../api/me'
import { PageLink } from '../kit/address'
import { usePane } from '../kit/details/pane'
import { ConfirmDialog } from '../kit/form/Dialog'
import { IconExport } from '../kit/icons'
import { useMe } from '../kit/rights'
import { useFormat } from '../text/i18n'
import { useChanged } from './changed'
import { auditAddress, leaveCustomer, type Detail, type Entry } from './queries'

/**
 * Why the person cannot remove the customer; undefined when it can. No permission tells: membership of the built-in role
 * decides, also while the views are closed, and the server says whether the person has it.
 */
export function leaveRefusal({ state, primaryAdmin, name }: Pick<Detail, 'state' | 'primaryAdmin' | 'name'>, t: TFunction<'customers'>): string | undefined {
  if (primaryAdmin) return undefined
  return state === 'without-admin' ? t('leave.noAdmin') : t('leave.onlyAdmin', { name })
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
  const waits = approves(useMe(), 'export', id)
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
          <span className="b">{t('leave.keep')}</span> {t('leave.keepText')} {waits && t('leave.approves', { name })}
        </p>
        <p className="row beneath wraps">
          {waits ? (
            <PageLink page="audit" customer={id}>
              {t('leave.record')}
            </PageLink>
          ) : (
            (['csv', 'jsonl'] as const).map((form) => (
              <a key={form} className="btn" href={auditAddress(id, form)} download>
                <IconExport className="i" aria-hidden />
                {t(`leave.${form}`)}
              </a>
            ))
          )}
        </p>
      </div>
    </ConfirmDialog>
  )
}
