import type { Me } from './me'

/** A customer's id, or all that the person may see. */
export type Customer = string | 'all'

/** Whether the person holds the permission for some rooms of the customer ('all': of any customer). Comfort, not protection. */
export function can(me: Me, permission: string, customer: Customer): boolean {
  return me.holdings.some((h) => (customer === 'all' || h.customerId === customer) && h.permissions.includes(permission))
}

/** Whether the customer approves such changes before they are done. */
export function approves(me: Me, event: Me['holdings'][number]['approves'][number], customer: Customer): boolean {
  return me.holdings.some((h) => h.customerId === customer && h.approves.includes(event))
}

/** Whether the person may see invitations and name tenant managers' work: product.md 1.2. */
export function seesInvitations(me: Me): boolean {
  return me.powers.globalAdmin || me.powers.manager || me.powers.tenantManager
}
