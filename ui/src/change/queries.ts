import { useQuery } from '@tanstack/react-query'
import { api, unwrap } from '../api/client'
import { one, pages, type Scope } from '../api/query'
import type { components } from '../api/schema'
import type { Ask } from '../kit/list/spec'
import { usePlace } from '../kit/scope'

export type Request = components['schemas']['Request']
export type RequestPage = components['schemas']['PageRequest']
export type RequestState = Request['state']

export const states: readonly RequestState[] = ['waiting', 'approved', 'done', 'failed', 'rejected', 'withdrawn', 'expired']

/** Change requests, newest first. */
export function requestPages(scope: Scope, ask: Ask) {
  const state = states.find((known) => known === ask.tab)
  const params = { customer: scope.customer === 'all' ? ask.filters['customer']?.[0] : scope.customer, state }
  return pages<RequestPage>({
    scope,
    feature: 'change',
    operation: 'requests',
    params,
    every: 15_000,
    read: (cursor, signal) => unwrap(api.GET('/api/change-requests', { params: { query: { ...params, cursor, limit: 100 } }, signal })),
  })
}

/** One change request; looked at closely while it is about to be carried out. */
export function useRequest(id: string) {
  return useQuery({
    ...one({
      scope: usePlace(),
      feature: 'change',
      operation: 'request',
      params: { id },
      read: (signal) => unwrap(api.GET('/api/change-requests/{id}', { params: { path: { id } }, signal })),
    }),
    refetchInterval: ({ state }) => (state.data?.state === 'approved' ? 2_000 : 15_000),
  })
}

export function withdrawRequest(id: string): Promise<unknown> {
  return unwrap(api.POST('/api/change-requests/{id}/withdraw', { params: { path: { id } } }))
}

/** The change requests that the customer of the person decides about, newest first. */
export function ownRequestPages(scope: Scope, ask: Ask) {
  const params = { state: states.find((known) => known === ask.tab) }
  return pages<RequestPage>({
    scope,
    feature: 'change',
    operation: 'own-requests',
    params,
    every: 15_000,
    read: (cursor, signal) => unwrap(api.GET('/api/partnership/change-requests', { params: { query: { ...params, cursor, limit: 100 } }, signal })),
  })
}

/** One of them; looked at closely while it is about to be carried out. */
export function useOwnRequest(id: string) {
  return useQuery({
    ...one({
      scope: usePlace(),
      feature: 'change',
      operation: 'own-request',
      params: { id },
      read: (signal) => unwrap(api.GET('/api/partnership/change-requests/{id}', { params: { path: { id } }, signal })),
    }),
    refetchInterval: ({ state }) => (state.data?.state === 'approved' ? 2_000 : 15_000),
  })
}
