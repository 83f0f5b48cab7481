import type { Customer } from '../api/can'
import type { Ask, Filter } from '../kit/list/spec'
import type { AskParts } from '../kit/list/state'
import { categories } from '../kit/signal'
import { severities } from '../kit/status'

/** The states of an incident (product.md 4), in the order of its life. */
export const states = ['watching', 'active', 'investigating', 'resolved', 'closed'] as const
export type State = (typeof states)[number]

/** The tabs, the first is what needs a person (screens.md 4.3). */
export const tabs = ['active', 'investigating', 'watching', 'resolved', 'all'] as const
export type Tab = (typeof tabs)[number]

const severity: Filter = { id: 'severity', label: '', options: [], initial: ['critical', 'important'] }

/** What the address of the list can say. The filters' words and values come with the page. */
export const parts: AskParts = {
  word: 'incidents',
  sort: 'severity',
  columns: [{ sort: 'severity' }, { sort: 'opened' }],
  tabs: tabs.map((value) => ({ value, label: value })),
  filters: [
    severity,
    { id: 'customer', label: '', options: [], onlyAll: true, single: true },
    ...['category', 'signal', 'building', 'city', 'country'].map((id) => ({ id, label: '', options: [] })),
    { id: 'room', label: '', options: [], single: true },
  ],
}

/** The tab that an `Ask` says; an unknown word is what needs action. */
export function tabOf(ask: Ask): Tab {
  return tabs.find((tab) => tab === ask.tab) ?? 'active'
}

/** The filters of /api/incidents, /counts and /facets for what the address asks. */
export function filtersOf(customer: Customer, ask: Ask) {
  const { customer: chosen, room, severity: severe, category, signal, country, city, building } = ask.filters
  const tab = tabOf(ask)
  return {
    customer: customer === 'all' ? chosen?.[0] : customer,
    room: room?.[0],
    q: ask.q === '' ? undefined : ask.q,
    state: tab === 'all' ? [...states] : [tab],
    severity: severities.filter((s) => severe?.includes(s)),
    category: categories.filter((c) => category?.includes(c)),
    signal: copy(signal),
    country: copy(country),
    city: copy(city),
    building: copy(building),
  }
}

const copy = (values: readonly string[] | undefined) => (values === undefined ? undefined : [...values])

const sorts = ['opened', '-opened', 'severity', '-severity'] as const

/** The order of /api/incidents; an order of another version is worst first. */
export function sortOf(sort: string): (typeof sorts)[number] {
  return sorts.find((known) => known === sort) ?? 'severity'
}
