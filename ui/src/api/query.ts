import { QueryClient, infiniteQueryOptions, queryOptions, type QueryKey } from '@tanstack/react-query'
import type { Customer } from './can'
import { ApiError } from './client'

/** Whose data, of which customer: the head of every key, so that nothing of another person or customer can match. */
export interface Scope {
  readonly session: string
  readonly customer: Customer
}

export type Params = Readonly<Record<string, unknown>>

/** The key of a read. Nobody writes one by hand: `[session, customer or 'all', feature, operation, params]`. */
export function key(scope: Scope, feature: string, operation?: string, params?: Params): QueryKey {
  const whole: unknown[] = [scope.session, scope.customer, feature]
  if (operation !== undefined) whole.push(operation)
  if (params !== undefined) whole.push(params)
  return whole
}

/**
 * Whether a query shows something of these customers, alone or among others. Role templates and tenant managers, which `all` has of access, are no
 * customer's.
 */
export function showsAnyOf(customers: readonly string[], { queryKey }: { readonly queryKey: QueryKey }): boolean {
  const [, customer, feature] = queryKey
  return customer === 'all' ? feature !== 'access' : customers.includes(String(customer))
}

/** One page of a list. `total` only where it was asked for. */
export interface Page<Row> {
  readonly items: readonly Row[]
  readonly next?: string | null
  readonly total?: number
}

interface Read<T> {
  scope: Scope
  feature: string
  operation: string
  params?: Params
  /** Milliseconds between refreshes while the page is visible; absent: only on demand. */
  every?: number
  read: (signal: AbortSignal) => Promise<T>
}

/** Options of a read of one thing, for useQuery. */
export function one<T>({ scope, feature, operation, params, every, read }: Read<T>) {
  return queryOptions({
    queryKey: key(scope, feature, operation, params ?? {}),
    queryFn: ({ signal }) => read(signal),
    refetchInterval: every ?? false,
  })
}

interface ReadPages<P> {
  scope: Scope
  feature: string
  operation: string
  params: Params
  every?: number
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<P>
}

/** A list ends here; beyond it the person narrows the filter. */
export const listEnd = 10_000

/**
 * For `placeholderData`: what the former question answered stays while the next one loads, but never of another customer
 * or session.
 */
export function formerOf(scope: Scope) {
  return <T>(former: T | undefined, query: { readonly queryKey: QueryKey } | undefined): T | undefined =>
    query?.queryKey[0] === scope.session && query.queryKey[1] === scope.customer ? former : undefined
}

/** Options of a list, for useInfiniteQuery: pages by cursor. Rows of the former filter stay while the next ones load. */
export function pages<P extends Page<unknown>>({ scope, feature, operation, params, every, read }: ReadPages<P>) {
  return infiniteQueryOptions({
    queryKey: key(scope, feature, operation, params),
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last, all) => {
      const shown = all.reduce((sum, page) => sum + page.items.length, 0)
      return last.next && shown < listEnd ? last.next : undefined
    },
    refetchInterval: every ?? false,
    placeholderData: formerOf(scope),
  })
}

/** The options that `pages` returns, as the kit takes them. */
export type PageOptions<P extends Page<unknown>> = ReturnType<typeof pages<P>>

/** Makes the one cache of this tab. Never retries what the server refused; keeps unused data five minutes. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (count, error) => !(error instanceof ApiError && error.status < 500) && count < 2,
        gcTime: 5 * 60_000,
        staleTime: 10_000,
        networkMode: 'always', // an appliance on a LAN has no "offline"
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  })
}

/** Marks everything of these features as old, for this session and every customer, and fetches again what is on screen. */
export function refresh(client: QueryClient, session: string, ...features: string[]): Promise<void> {
  return client.invalidateQueries({
    predicate: ({ queryKey }) => queryKey[0] === session && features.includes(String(queryKey[2])),
  })
}
