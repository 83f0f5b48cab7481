import type { Customer } from '../api/can'
import type { Ask } from '../kit/list/spec'
import type { AskParts } from '../kit/list/state'
import { healths, type Health } from '../kit/status'

/** Ranges of seats that one can filter by; the values stand in the address. */
export const seats = ['1-4', '5-8', '9-16', '17-'] as const

/** What the address of the list can say. The filters' words and values come with the page. */
export const parts: AskParts = {
  word: 'rooms',
  sort: 'health',
  columns: [{ sort: 'health' }, { sort: 'name' }, { sort: 'incidents' }, { sort: 'lastSeen' }],
  tabs: ['', ...healths].map((value) => ({ value, label: value })),
  filters: [
    { id: 'customer', label: '', options: [], onlyAll: true, single: true },
    ...['building', 'group', 'severity', 'maker', 'country', 'city', 'model'].map((id) => ({ id, label: '', options: [] })),
    { id: 'capacity', label: '', options: [], single: true },
  ],
}

/** "5-8" → at least 5 and at most 8 seats; 0 is no bound. What is no range narrows nothing. */
export function seatsOf(range: string | undefined): { capacityMin?: number; capacityMax?: number } {
  const found = /^(\d{1,5})-(\d{0,5})$/.exec(range ?? '')
  if (!found) return {}
  return { capacityMin: Number(found[1]), capacityMax: found[2] === '' ? undefined : Number(found[2]) }
}

function isHealth(word: string): word is Health {
  return healths.some((known) => known === word)
}

const asked = ['critical', 'important', 'warning'] as const

/** The filters of /api/rooms, /api/rooms/counts and /api/rooms/facets for what the address asks. */
export function filtersOf(customer: Customer, { q, tab, filters }: Ask) {
  const { customer: chosen, severity, building, group, maker, model, country, city, capacity } = filters
  return {
    customer: customer === 'all' ? chosen?.[0] : customer,
    q: q === '' ? undefined : q,
    health: isHealth(tab) ? [tab] : undefined,
    severity: asked.filter((s) => severity?.includes(s)),
    building: copy(building),
    group: copy(group),
    maker: copy(maker),
    model: copy(model),
    country: copy(country),
    city: copy(city),
    ...seatsOf(capacity?.[0]),
  }
}

const copy = (values: readonly string[] | undefined) => (values === undefined ? undefined : [...values])

const sorts = ['health', '-health', 'name', '-name', 'lastSeen', '-lastSeen', 'incidents', '-incidents'] as const

/** The order of /api/rooms; an order of another version is worst first. */
export function sortOf(sort: string): (typeof sorts)[number] {
  return sorts.find((known) => known === sort) ?? 'health'
}

interface Collected {
  readonly customers: number
  readonly upToDate: number
  readonly items: readonly { readonly state: string }[]
}

/** How many customers are not up to date. The two numbers are of all customers, also where the items are of one. */
export function lateOf(customer: string | undefined, { customers, upToDate, items }: Collected): number {
  return customer === undefined ? customers - upToDate : items.filter((one) => one.state !== 'ok').length
}
