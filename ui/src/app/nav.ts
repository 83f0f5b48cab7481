import { can, seesInvitations, type Customer } from '../api/can'
import type { Me } from '../api/me'
import { pathOf, type PageRoute } from '../kit/address'

/** Pages that the navigation knows, in its order, by groups. A page that no feature brings has no entry. */
const partnerPages = [
  ['incidents', 'rooms', 'groups'],
  ['customers', 'tenant-managers', 'roles', 'role-templates', 'check-access', 'requests'],
  ['audit', 'collection', 'installation'],
] as const
const customerPages = [
  ['portal', 'portal/rooms', 'portal/permissions', 'portal/members', 'portal/approvals', 'portal/activity'],
] as const

export type PartnerPage = (typeof partnerPages)[number][number]
export type CustomerPage = (typeof customerPages)[number][number]
export type NavPage = PartnerPage | CustomerPage

/** Who sees an entry: comfort only, the server checks by itself. `customer` is the one of the address, or 'all'. */
const shown: Record<NavPage, (me: Me, customer: Customer) => boolean> = {
  incidents: (me, customer) => can(me, 'tickets.view', customer),
  rooms: (me, customer) => can(me, 'rooms.view', customer),
  groups: (me, customer) => can(me, 'groups.view', customer),
  customers: (me) => seesInvitations(me) || me.holdings.length > 0,
  'tenant-managers': (me) => seesInvitations(me),
  roles: (me, customer) => can(me, 'roles.view', customer),
  // Who sees roles comes to the templates from there.
  'role-templates': (me) => (me.powers.manager || me.powers.globalAdmin) && !can(me, 'roles.view', 'all'),
  'check-access': (me, customer) => can(me, 'roles.view', customer),
  requests: (me, customer) => ['roles.view', 'groups.create', 'groups.modify', 'rooms.act'].some((permission) => can(me, permission, customer)),
  audit: (me, customer) => seesInvitations(me) || can(me, 'roles.view', customer),
  collection: (me, customer) => can(me, 'rooms.view', customer),
  installation: (me) => me.powers.manager || me.powers.globalAdmin,
  portal: () => true,
  'portal/rooms': (me) => me.powers.customerAdmin,
  'portal/permissions': (me) => me.powers.customerAdmin,
  'portal/members': (me) => me.powers.customerAdmin,
  'portal/approvals': (me) => me.powers.customerAdmin,
  'portal/activity': (me) => me.powers.customerAdmin,
}

export interface NavEntry {
  readonly page: NavPage
  readonly to: string
}

/** A page that exists under "All customers" only keeps its own path under one customer. */
function addressOf(route: PageRoute, customer: Customer): string {
  return pathOf(route.path, route.spans ? customer : 'all')
}

/** The navigation of a person, in groups: pages that exist and that the person may use, and nothing else. */
export function entriesOf(me: Me, customer: Customer, pages: readonly PageRoute[]): readonly (readonly NavEntry[])[] {
  const groups: readonly (readonly NavPage[])[] = me.side === 'partner' ? partnerPages : customerPages
  return groups
    .map((group) =>
      group.flatMap((page) => {
        const route = pages.find((r) => r.path === page && r.side === me.side)
        return route && shown[page](me, customer) ? [{ page, to: addressOf(route, customer) }] : []
      }),
    )
    .filter((group) => group.length > 0)
}

/** Where a person starts: the first entry of the navigation, or undefined when there is none for them. */
export function firstPage(me: Me, pages: readonly PageRoute[], customer: Customer = 'all'): string | undefined {
  return entriesOf(me, customer, pages)[0]?.[0]?.to
}

/** A member of the partner whom nobody gave anything to do. */
export function hasNoRole(me: Me): boolean {
  return me.side === 'partner' && me.holdings.length === 0 && !seesInvitations(me)
}

/** What an address names: the customer and the page. The reverse of pathOf. */
export function placeOf(pathname: string): { readonly customer: Customer; readonly page: string } {
  const parts = pathname.split('/').filter((part) => part !== '')
  const [head, id] = parts
  if (head === 'c' && id !== undefined) return { customer: decoded(id), page: parts.slice(2).join('/') }
  return { customer: 'all', page: parts.join('/') }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // not made by us: no customer has such an id
  }
}

/** The same page for another customer, or the first page where it does not exist for that one. */
export function switchTo(me: Me, pages: readonly PageRoute[], page: string, customer: Customer): string {
  const route = pages.find((r) => r.path === page && r.side === me.side)
  const known = entriesOf(me, customer, pages).flat().some((entry) => entry.page === page)
  if (route && (customer === 'all' || route.spans) && known) return pathOf(page, customer)
  const spanning = pages.filter((r) => customer === 'all' || r.spans)
  return firstPage(me, spanning, customer) ?? '/'
}

/** The letter after `g` that goes to a page: screens.md 3. */
export const goLetters: Readonly<Record<string, NavPage>> = {
  i: 'incidents',
  r: 'rooms',
  c: 'customers',
}
