import type { Me } from '../api/me'
import { type PageRoute } from '../kit/address'
import type { Customer } from '../api/can'
import { entriesOf, type NavPage } from './nav'

/** Pages whose list takes a search word, in the order in which they are offered. */
const searchable = ['rooms', 'incidents', 'customers'] as const
export type SearchPage = (typeof searchable)[number]

export interface SearchPlace {
  readonly page: SearchPage
  readonly to: string
}

function isSearchable(page: NavPage | string): page is SearchPage {
  return searchable.some((known) => known === page)
}

/** Where the person can search: only pages of their navigation. The page that is shown comes first, Enter searches there. */
export function searchPlaces(me: Me, customer: Customer, pages: readonly PageRoute[], present: string): readonly SearchPlace[] {
  const entries = entriesOf(me, customer, pages).flat()
  const places = searchable.flatMap((page) => {
    const entry = entries.find((e) => e.page === page)
    return entry ? [{ page, to: entry.to }] : []
  })
  if (!isSearchable(present)) return places
  return [...places.filter((p) => p.page === present), ...places.filter((p) => p.page !== present)]
}

/** The search after a word was typed: the page's other filters stay, the open item does not. */
export function searched(before: Readonly<Record<string, unknown>>, word: string): Record<string, unknown> {
  const after: Record<string, unknown> = { ...before }
  for (const name of ['q', 'open', 'tab']) delete after[name]
  return word === '' ? after : { ...after, q: word }
}
