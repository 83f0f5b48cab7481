import { Link, useNavigate, useRouterState, useSearch } from '@tanstack/react-router'
import type { ComponentProps, ReactNode } from 'react'
import type { Customer } from '../api/can'
import { usePlace } from './scope'

/** What stands after the question mark: plain strings, several by repetition. */
export type Search = Readonly<Record<string, string | readonly string[] | undefined>>

/** One page of a feature, as app/router.ts takes it. The module that `load` imports exports `Page`. */
export interface PageRoute {
  /** Path below the portal's root, without slash at the ends: 'rooms', 'portal/invite'. */
  readonly path: string
  /** 'partner' pages live under `/` and, with `spans`, also under `/c/$customer/`; 'customer' pages are the portal's. */
  readonly side: 'partner' | 'customer'
  /** Exists for one customer too. */
  readonly spans?: boolean
  readonly load: () => Promise<{ Page: () => ReactNode }>
}

/** A page that needs no session, in a frame of its own. The module that `load` imports exports `Page`. */
export interface OpenPage {
  /** First word of its address. */
  readonly path: string
  readonly load: () => Promise<{ Page: () => ReactNode }>
}

/** "?q=12&q=true" → { q: ['12', 'true'] }: no value is ever read as a number or boolean. */
export function parseSearch(text: string): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {}
  for (const [name, value] of new URLSearchParams(text)) {
    const before = found[name]
    if (before === undefined) found[name] = value
    else found[name] = typeof before === 'string' ? [before, value] : [...before, value]
  }
  return found
}

/** The reverse, in the order given; absent and empty lists vanish. */
export function stringifySearch(search: Record<string, unknown>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) {
    if (value === undefined || value === null) continue
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one))
  }
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}

/** One text of the search, or ''. */
export function textOf(search: Search, name: string): string {
  const value = search[name]
  return typeof value === 'string' ? value : (value?.[0] ?? '')
}

/** All texts of the search under a name. */
export function textsOf(search: Search, name: string): readonly string[] {
  const value = search[name]
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}

/**
 * The search of the address that the page stands under. Of the match, not of the location: while the next page is fetched
 * the former one is still drawn, and must not read what was meant for the next.
 */
export function useSearchText(): Search {
  return useSearch({ strict: false })
}

/** Changes parts of the search; undefined removes a part. A change of filter replaces, a new item is a step back. */
export function useSetSearch(): (change: Search, step?: 'push' | 'replace') => void {
  const settle = useSettleSearch()
  return (change, step) => {
    void settle(change, step)
  }
}

/** The same, and says when the page stands there: what the former address showed is gone then, and not read again. */
export function useSettleSearch(): (change: Search, step?: 'push' | 'replace') => Promise<void> {
  const navigate = useNavigate()
  return (change, step = 'replace') =>
    navigate({
      to: '.',
      search: (before: Record<string, unknown>) => {
        const after: Record<string, unknown> = { ...before }
        for (const [name, value] of Object.entries(change)) {
          if (value === undefined) delete after[name]
          else after[name] = value
        }
        return after
      },
      replace: step === 'replace',
      resetScroll: false,
    } as never)
}

/** The path of a partner page for one customer or all. */
export function pathOf(page: string, customer: Customer): string {
  return customer === 'all' ? `/${page}` : `/c/${encodeURIComponent(customer)}/${page}`
}

interface PageLinkProps extends Omit<ComponentProps<'a'>, 'href'> {
  /** A page of the partner side: 'rooms'. Or a whole path that starts with a slash. */
  readonly page: string
  /** Default: the present one. */
  readonly customer?: Customer
  readonly search?: Search
}

/** A link to another page: `<PageLink page="rooms" search={{ open: id }}>`. Features link by word, they import nothing. */
export function PageLink({ page, customer, search, ...rest }: PageLinkProps) {
  const place = usePlace()
  const to = page.startsWith('/') ? page : pathOf(page, customer ?? place.customer)
  return <Link {...({ to, search: search ?? {}, ...rest } as unknown as ComponentProps<typeof Link>)} />
}

/** The address where the person is, with its search: to come back to from another site. */
export function useHere(): string {
  return useRouterState({ select: (state) => state.location.href })
}

/** Goes to another page by program, after a form for example. */
export function useGo(): (page: string, search?: Search, customer?: Customer) => void {
  const navigate = useNavigate()
  const place = usePlace()
  return (page, search, customer) => {
    const to = page.startsWith('/') ? page : pathOf(page, customer ?? place.customer)
    void navigate({ to, search: search ?? {} } as never)
  }
}
