import { useQuery } from '@tanstack/react-query'
import { api, unwrap } from '../api/client'
import { one, pages, type Scope } from '../api/query'
import type { components } from '../api/schema'
import { momentsOf } from '../kit/list/days'
import type { Ask } from '../kit/list/spec'
import { usePlace, type Place } from '../kit/scope'

export type Entry = components['schemas']['RecordEntry']
export type FullEntry = components['schemas']['RecordDetail']
export type EntryPage = components['schemas']['RecordPage']
export type Verified = components['schemas']['Verified']
export type CheckpointLine = components['schemas']['CheckpointLine']

export const feature = 'audit'

const hour = 3_600_000
/** How far back one looks, by the value in the address. */
const spans: Readonly<Record<string, number>> = { day: 24 * hour, week: 7 * 24 * hour, month: 30 * 24 * hour, quarter: 92 * 24 * hour }

/** What the operation takes of a name or id. */
const longest = 100

const sides = ['partner', 'customer', 'system'] as const
const results = ['successful', 'waits', 'refused', 'denied', 'failed'] as const

/** What the address asks for, as the operation takes it. The beginning is rounded to the hour: the same question stays the same. */
export function filterOf(ask: Ask, customer: string | undefined) {
  const time = ask.filters['time']?.[0] ?? ''
  const span = spans[time]
  const { from, to } = span === undefined ? momentsOf(time) : { from: new Date(Math.floor((Date.now() - span) / hour) * hour).toISOString(), to: undefined }
  const part = (id: string) => ask.filters[id]?.[0]?.slice(0, longest)
  return {
    customer,
    from,
    to,
    actor: part('who'),
    object: part('on'),
    q: ask.q === '' ? undefined : ask.q,
    operation: ask.filters['did']?.[0],
    side: sides.find((side) => side === ask.filters['side']?.[0]),
    result: results.find((result) => result === ask.filters['result']?.[0]),
  }
}

/** The customer that a question is about; undefined for all, and on the customer's own side. */
export function customerOf({ customer, me }: Pick<Place, 'customer' | 'me'>): string | undefined {
  return customer === 'all' || me.side === 'customer' ? undefined : customer
}

/** The entries, newest first. */
export function entryPages(own: boolean) {
  return (scope: Scope, ask: Ask) => {
    const params = filterOf(ask, own || scope.customer === 'all' ? undefined : scope.customer)
    return pages<EntryPage>({
      scope,
      feature,
      operation: 'entries',
      params,
      every: 60_000,
      read: (cursor, signal) => {
        const { customer, ...filter } = params
        const query = { ...filter, cursor, limit: 100, total: cursor === undefined }
        return own
          ? unwrap(api.GET('/api/partnership/audit', { params: { query }, signal }))
          : unwrap(api.GET('/api/audit', { params: { query: { ...query, customer } }, signal }))
      },
    })
  }
}

/** One entry with all that is known of it; an entry never changes. */
export function useEntry(id: string) {
  const place = usePlace()
  return useQuery({
    ...one({
      scope: place,
      feature,
      operation: 'entry',
      params: { id },
      read: (signal) => {
        const params = { path: { id } }
        return place.me.side === 'customer'
          ? unwrap(api.GET('/api/partnership/audit/{id}', { params, signal }))
          : unwrap(api.GET('/api/audit/{id}', { params, signal }))
      },
    }),
    staleTime: 60_000,
  })
}

/** Checks the records that the person sees. */
export function verify(place: Place): Promise<Verified> {
  if (place.me.side === 'customer') return unwrap(api.GET('/api/partnership/audit/verification'))
  return unwrap(api.GET('/api/audit/verification', { params: { query: { customer: customerOf(place) } } }))
}

/** The signed heads of the own record, newest first. */
export function useCheckpoints(enabled: boolean) {
  return useQuery({
    ...one({
      scope: usePlace(),
      feature,
      operation: 'checkpoints',
      read: (signal) => unwrap(api.GET('/api/partnership/audit/checkpoints', { signal })),
    }),
    enabled,
  })
}

/** Where a file is downloaded, by what the list asks now. */
export function exportAddress(own: boolean, form: 'csv' | 'jsonl', ask: Ask, customer: string | undefined): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(filterOf(ask, customer))) if (value !== undefined) query.set(name, value)
  const text = query.toString()
  return `/api/${own ? 'partnership/' : ''}audit.${form}${text === '' ? '' : `?${text}`}`
}

/** Asks to be allowed to export the record of a customer for a day; what the customer has to approve waits. */
export function askExport(customer: string): Promise<unknown> {
  return unwrap(api.POST('/api/customers/{id}/audit-exports', { params: { path: { id: customer } } }))
}
