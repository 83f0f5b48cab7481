import { queryOptions, type QueryClient, type QueryKey } from '@tanstack/react-query'
import { api, unwrap } from './client'
import type { components } from './schema'

/**
 * The answer of GET /api/me: who is signed in, on which side, and what they may use. It decides what is shown, never
 * what is allowed: the server checks every call itself.
 */
export type Me = components['schemas']['Me']

/** What the person may do at large: partner-wide, or as a customer's administrator. */
export type Powers = components['schemas']['Powers']

/** What the person may do for one customer. Without the customer's consent nothing of it can be seen, although the relation stands. */
export type Holding = components['schemas']['Holding']

/** How often rights are read again while somebody looks, in milliseconds: a changed right changes what is offered. */
const every = 60_000

/** Options of the read of the signed-in person. The one key that names no session: it is what tells the session. */
export const meOptions = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => unwrap(api.GET('/api/me', { signal })),
  refetchInterval: every,
  staleTime: 0,
})

/** Reads the signed-in person again, now. */
export function refreshMe(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: meOptions.queryKey })
}

/** Whether a query is another than that of the signed-in person, which outlives a change of rights. */
export function isNotMe({ queryKey }: { readonly queryKey: QueryKey }): boolean {
  return queryKey[0] !== meOptions.queryKey[0]
}
