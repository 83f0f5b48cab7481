import { queryOptions, type QueryClient, type QueryKey } from '@tanstack/react-query'
import { api, unwrap } from './client'

/**
 * The answer of GET /api/me: who is signed in, on which side, and what they may use. It decides what is shown, never
 * what is allowed: the server checks every call itself.
 */
export interface Me {
  /** Names this session in cache keys. Not a secret. */
  readonly session: string
  readonly side: 'partner' | 'customer'
  readonly person: { readonly id: string; readonly name: string; readonly userPrincipalName: string; readonly tenantId: string }
  readonly organisation: { readonly name: string; readonly tenantId: string; readonly domain: string }
  readonly partner: { readonly name: string; readonly domain: string }
  readonly powers: Powers
  /** The customers with whom this person holds a role. */
  readonly holdings: readonly Holding[]
  /** Every permission there is, in order. */
  readonly permissions: readonly string[]
  readonly version: string
  readonly demo: boolean
}

export interface Powers {
  readonly globalAdmin: boolean
  readonly manager: boolean
  readonly tenantManager: boolean
  readonly customerAdmin: boolean
}

export interface Holding {
  readonly customerId: string
  readonly customerName: string
  /** Without the customer's consent nothing of it can be seen, although the relation stands. */
  readonly state: 'active' | 'consent-withdrawn'
  readonly rooms?: number
  /** Held for some rooms at least. */
  readonly permissions: readonly string[]
  /** Held over all granted rooms. */
  readonly everywhere: readonly string[]
}

/** How often rights are read again while somebody looks, in milliseconds: a changed right changes what is offered. */
const every = 60_000

/** Options of the read of the signed-in person. The one key that names no session: it is what tells the session. */
export const meOptions = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => unwrap<Me>(api.GET('/api/me' as never, { signal } as never)),
  refetchInterval: every,
  staleTime: 0,
})

/** Reads the signed-in person again, now. */
export function refreshMe(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: meOptions.queryKey })
}

/** Whether a query is the one of the signed-in person, which outlives a change of rights. */
export function isMe(queryKey: QueryKey): boolean {
  return queryKey[0] === meOptions.queryKey[0]
}
