import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { api, unwrap } from '../api/client'
import { formerOf, one, pages, type Scope } from '../api/query'
import type { components } from '../api/schema'
import type { Ask } from '../kit/list/spec'
import { useListAsk } from '../kit/list/state'
import { usePlace } from '../kit/scope'
import { filtersOf, parts, sortOf } from './ask'

type Schemas = components['schemas']
export type Incident = Schemas['Incident']
export type IncidentDetail = Schemas['IncidentDetail']
export type IncidentPage = Schemas['PageIncident']
export type IncidentCounts = Schemas['IncidentCounts']
export type IncidentFacets = Schemas['IncidentFacets']
export type IncidentEvent = Schemas['IncidentEvent']

/** Milliseconds between refreshes of what is on screen. */
const every = 60_000
/** Rows of a page. */
const limit = 100

const feature = 'incidents'

/** The incidents that the address asks for. The number of all is asked for once, with the first page. */
export function incidentPages(scope: Scope, ask: Ask) {
  const query = { ...filtersOf(scope.customer, ask), sort: sortOf(ask.sort), limit }
  return pages<IncidentPage>({
    scope,
    feature,
    operation: 'list',
    params: query,
    every,
    read: (cursor, signal) =>
      unwrap(api.GET('/api/incidents', { params: { query: { ...query, cursor, total: cursor === undefined } }, signal })),
  })
}

function incidentCounts(scope: Scope, ask: Ask) {
  const query = filtersOf(scope.customer, { ...ask, tab: 'all' })
  return one<IncidentCounts>({
    scope,
    feature,
    operation: 'counts',
    params: query,
    every,
    read: (signal) => unwrap(api.GET('/api/incidents/counts', { params: { query }, signal })),
  })
}

function incidentFacets(scope: Scope, ask: Ask) {
  const query = filtersOf(scope.customer, ask)
  return one<IncidentFacets>({
    scope,
    feature,
    operation: 'facets',
    params: query,
    read: (signal) => unwrap(api.GET('/api/incidents/facets', { params: { query }, signal })),
  })
}

/** The name of the room that the list is narrowed to. */
function roomName(scope: Scope, id: string) {
  return one<string>({
    scope,
    feature,
    operation: 'room',
    params: { id },
    read: async (signal) => (await unwrap(api.GET('/api/rooms/{id}', { params: { path: { id } }, signal }))).name,
  })
}

/** What stands around the list: counts by state, values to filter by, the name of the room asked for. */
export function useAround() {
  const place = usePlace()
  const ask = useListAsk(parts)
  const room = ask.filters['room']?.[0]
  const named = useQuery({ ...roomName(place, room ?? ''), enabled: room !== undefined })
  return {
    ask,
    counts: useQuery({ ...incidentCounts(place, ask), placeholderData: formerOf(place) }).data,
    facets: useQuery({ ...incidentFacets(place, ask), placeholderData: formerOf(place) }).data,
    room: named.isPending ? '…' : named.data, // none where it is gone
  }
}

/** One incident with what stands around it. */
export function useIncident(id: string) {
  return useQuery(
    one<IncidentDetail>({
      scope: usePlace(),
      feature,
      operation: 'get',
      params: { id },
      every,
      read: (signal) => unwrap(api.GET('/api/incidents/{id}', { params: { path: { id } }, signal })),
    }),
  )
}

/** What happened to an incident, newest first, page by page. */
export function useHistory(id: string) {
  return useInfiniteQuery(
    pages<Schemas['PageIncidentEvent']>({
      scope: usePlace(),
      feature,
      operation: 'history',
      params: { id },
      every,
      read: (cursor, signal) =>
        unwrap(api.GET('/api/incidents/{id}/history', { params: { path: { id }, query: { cursor, limit: 50 } }, signal })),
    }),
  )
}
