import { can } from '../api/can'
import type { Me } from '../api/me'
import type { Search } from '../kit/address'
import type { Notice } from './queries'

/** Where a notice leads: a page for the one customer or all, and what is open there. */
export interface Target {
  readonly page: string
  readonly customer?: string
  readonly search?: Search
}

/** The pages of a customer's own portal by what a notice is about; all else stands on its first page. */
const ownPages: Readonly<Record<string, string>> = { audit: '/portal/activity', change: '/portal/approvals' }

/** Where more about a notice stands; undefined when nothing is left of it. */
export function targetOf(notice: Notice, me: Me): Target | undefined {
  const [subject = ''] = notice.kind.split('.')
  if (me.side === 'customer') return { page: ownPages[subject] ?? '/portal' }
  if (subject === 'invitation') return notice.customer === undefined ? undefined : { page: 'customers', customer: 'all', search: { q: notice.customer } }
  if (subject === 'backup') return { page: 'audit', customer: 'all' }
  if (notice.customerId === undefined) return undefined
  if (subject === 'change' && notice.about.requestId !== undefined) return { page: 'requests', customer: 'all', search: { open: notice.about.requestId } }
  if (['role', 'assignment', 'member'].includes(subject) && can(me, 'roles.view', notice.customerId)) return { page: 'roles', customer: notice.customerId }
  return { page: 'customers', customer: 'all', search: { open: notice.customerId } }
}
