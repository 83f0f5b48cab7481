import { useMemo } from 'react'
import { textOf, textsOf, useSearchText, useSetSearch, type Search } from '../address'
import { useKept } from '../kept'
import { usePlace } from '../scope'
import { sortOf } from './columns'
import type { Ask, Column, Filter, ListTab } from './spec'

/** The parts of a list's statement that decide what the address means. */
export interface AskParts {
  readonly word: string
  readonly columns: readonly Pick<Column<never>, 'sort'>[]
  readonly sort: string
  readonly tabs?: readonly ListTab[]
  readonly tab?: string
  readonly filters?: readonly Filter[]
  readonly search?: boolean
}

/** Names of the address that belong to every list. */
export const names = { state: 'state', sort: 'sort', q: 'q', open: 'open', tab: 'tab' } as const

/**
 * What an address asks of a list. Pure, so that it can be tested. A word that the list does not know is passed over: an
 * old link must show the list, not an error.
 */
export function askOf(search: Search, parts: AskParts, options: { all: boolean; keptSort?: string | undefined }): Ask {
  const tabs = parts.tabs ?? []
  const first = parts.tab ?? tabs[0]?.value ?? ''
  const stated = search[names.state] === undefined ? undefined : textOf(search, names.state)
  const filters: Record<string, readonly string[]> = {}
  for (const filter of parts.filters ?? []) {
    if (filter.onlyAll === true && !options.all) continue
    const values = search[filter.id] === undefined ? (filter.initial ?? []) : textsOf(search, filter.id).filter((v) => v !== '')
    if (values.length > 0) filters[filter.id] = filter.single === true ? values.slice(0, 1) : values
  }
  const sortable = (sort: string) =>
    sort !== '' && (sort === parts.sort || parts.columns.some((c) => c.sort !== undefined && c.sort === sortOf(sort).by))
  const sort = [textOf(search, names.sort), options.keptSort ?? ''].find(sortable) ?? parts.sort
  return {
    q: parts.search === false ? '' : textOf(search, names.q).trim(),
    tab: stated !== undefined && tabs.some((tab) => tab.value === stated) ? stated : first,
    sort,
    filters,
  }
}

/** What the present address asks of a list. Give it memoised parts. */
export function useListAsk(parts: AskParts): Ask {
  const search = useSearchText()
  const { customer } = usePlace()
  const [keptSort] = useKept(`sort.${parts.word}`)
  const ask = askOf(search, parts, { all: customer !== 'all' ? false : true, keptSort })
  // The same question gives the same object, or every row would be drawn again.
  const text = JSON.stringify(ask)
  return useMemo(() => JSON.parse(text) as Ask, [text])
}

/** The address of a list: what it asks, what is open, and the ways to change both. */
export interface ListAddress {
  readonly ask: Ask
  readonly open: string
  readonly setTab: (value: string) => void
  readonly setSort: (sort: string) => void
  readonly setFilter: (filter: Filter, values: readonly string[]) => void
  readonly clear: () => void
  readonly setOpen: (id: string | undefined, step?: 'push' | 'replace') => void
  /** Something narrows the list beyond its own beginning. */
  readonly narrowed: boolean
}

/** The address of the present list. */
export function useListAddress(parts: AskParts): ListAddress {
  const search = useSearchText()
  const setSearch = useSetSearch()
  const ask = useListAsk(parts)
  const [, keepSort] = useKept(`sort.${parts.word}`)
  const first = parts.tab ?? parts.tabs?.[0]?.value ?? ''
  const same = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((v) => b.includes(v))
  return {
    ask,
    open: textOf(search, names.open),
    setTab: (value) =>
      setSearch({ [names.state]: value === first ? undefined : value, [names.open]: undefined, [names.tab]: undefined }),
    setSort: (sort) => {
      keepSort(sort)
      setSearch({ [names.sort]: sort === parts.sort ? undefined : sort })
    },
    setFilter: (filter, values) => {
      const usual = same(values, filter.initial ?? [])
      setSearch({ [filter.id]: usual ? undefined : values.length === 0 ? '' : values })
    },
    clear: () => {
      const change: Record<string, string | undefined> = { [names.q]: undefined }
      for (const filter of parts.filters ?? []) change[filter.id] = (filter.initial ?? []).length > 0 ? '' : undefined
      setSearch(change)
    },
    setOpen: (id, step = 'replace') =>
      setSearch(id === undefined ? { [names.open]: undefined, [names.tab]: undefined } : { [names.open]: id }, step),
    narrowed: ask.q !== '' || Object.keys(ask.filters).length > 0,
  }
}
