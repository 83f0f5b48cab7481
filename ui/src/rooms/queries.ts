import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, unwrap } from '../api/client'
import { formerOf, one, pages, refresh, type Scope } from '../api/query'
import type { components } from '../api/schema'
import type { Ask } from '../kit/list/spec'
import { useListAsk } from '../kit/list/state'
import { usePlace } from '../kit/scope'
import { filtersOf, lateOf, parts, sortOf } from './ask'

type Schemas = components['schemas']
export type Room = Schemas['Room']
export type RoomDetail = Schemas['RoomDetail']
export type RoomPage = Schemas['PageRoom']
export type RoomCounts = Schemas['RoomCounts']
export type RoomFacets = Schemas['RoomFacets']
export type RoomDevice = Schemas['RoomDevice']
export type ManagedDevice = Schemas['ManagedDevice']
export type RoomSignals = Schemas['RoomSignals']
export type RoomSignal = Schemas['RoomSignal']
export type RoomAction = Schemas['RoomAction']

/** Milliseconds between refreshes of what is on screen. */
const every = 60_000
/** The same while something is under way. */
const quick = 2_500
/** The same for what was done to a room: a restart that the customer approved begins while nobody touches the page. */
const soon = 15_000
/** Rows of a page. */
const limit = 100

const feature = 'rooms'

/** The rooms that the address asks for. The number of all is asked for once, with the first page. */
export function roomPages(scope: Scope, ask: Ask) {
  const query = { ...filtersOf(scope.customer, ask), sort: sortOf(ask.sort), limit }
  return pages<RoomPage>({
    scope,
    feature,
    operation: 'list',
    params: query,
    every,
    read: (cursor, signal) =>
      unwrap(api.GET('/api/rooms', { params: { query: { ...query, cursor, total: cursor === undefined } }, signal })),
  })
}

function roomCounts(scope: Scope, ask: Ask) {
  const query = filtersOf(scope.customer, { ...ask, tab: '' })
  return one<RoomCounts>({
    scope,
    feature,
    operation: 'counts',
    params: query,
    every,
    read: (signal) => unwrap(api.GET('/api/rooms/counts', { params: { query }, signal })),
  })
}

function roomFacets(scope: Scope, ask: Ask) {
  const query = filtersOf(scope.customer, ask)
  return one<RoomFacets>({
    scope,
    feature,
    operation: 'facets',
    params: query,
    read: (signal) => unwrap(api.GET('/api/rooms/facets', { params: { query }, signal })),
  })
}

/** How many of the customers here are not up to date: their rooms may have changed since. */
function lateCustomers(scope: Scope) {
  const customer = scope.customer === 'all' ? undefined : scope.customer
  return one<number>({
    scope,
    feature,
    operation: 'late',
    every,
    read: async (signal) => {
      const page = await unwrap(api.GET('/api/collect/customers', { params: { query: { customer, limit: 1 } }, signal }))
      return lateOf(customer, page)
    },
  })
}

/** What stands around the list: counts by health, values to filter by, customers without fresh data. */
export function useAround() {
  const place = usePlace()
  const ask = useListAsk(parts)
  return {
    ask,
    counts: useQuery({ ...roomCounts(place, ask), placeholderData: formerOf(place) }).data,
    facets: useQuery({ ...roomFacets(place, ask), placeholderData: formerOf(place) }).data,
    late: useQuery(lateCustomers(place)).data ?? 0,
  }
}

/** One room. */
export function useRoom(id: string) {
  return useQuery(
    one<RoomDetail>({
      scope: usePlace(),
      feature,
      operation: 'get',
      params: { id },
      every,
      read: (signal) => unwrap(api.GET('/api/rooms/{id}', { params: { path: { id } }, signal })),
    }),
  )
}

/** Its devices. */
export function useRoomDevices(id: string) {
  return useQuery(
    one<Schemas['RoomDevices']>({
      scope: usePlace(),
      feature,
      operation: 'devices',
      params: { id },
      every,
      read: (signal) => unwrap(api.GET('/api/rooms/{id}/devices', { params: { path: { id } }, signal })),
    }),
  )
}

/** Its signals with their last seven days. */
export function useRoomSignals(id: string) {
  return useQuery(
    one<RoomSignals>({
      scope: usePlace(),
      feature,
      operation: 'signals',
      params: { id },
      every,
      read: (signal) => unwrap(api.GET('/api/rooms/{id}/signals', { params: { path: { id } }, signal })),
    }),
  )
}

/** What was done to its devices, newest first. */
export function useRoomActions(id: string, enabled = true) {
  return useInfiniteQuery({
    enabled,
    ...pages<Schemas['PageRoomAction']>({
      scope: usePlace(),
      feature,
      operation: 'actions',
      params: { id },
      read: (cursor, signal) => unwrap(api.GET('/api/rooms/{id}/actions', { params: { path: { id }, query: { cursor, limit: 50 } }, signal })),
    }),
    refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.items.some((a) => !a.ended)) ? quick : soon),
  })
}

/** Asks for a restart of a device; then all that is shown of rooms is read again. */
export function useRestart() {
  const client = useQueryClient()
  const { session } = usePlace()
  return async (id: string, device: string) => {
    const asked = await unwrap(api.POST('/api/rooms/{id}/actions', { params: { path: { id } }, body: { kind: 'restart', device } }))
    void refresh(client, session, feature)
    return asked
  }
}
