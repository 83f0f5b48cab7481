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

/** Change requests, newest first: those that the person's customer decides about (`own`), or those of the partner. */
export function requestPages(own: boolean) {
  return (scope: Scope, ask: Ask) => {
    const state = states.find((known) => known === ask.tab)
    const customer = own ? undefined : scope.customer === 'all' ? ask.filters['customer']?.[0] : scope.customer
    return pages<RequestPage>({
      scope,
      feature: 'change',
      operation: own ? 'own-requests' : 'requests',
      params: { customer, state },
      every: 15_000,
      read: (cursor, signal) => {
        const query = { state, cursor, limit: 100 }
        return own
          ? unwrap(api.GET('/api/partnership/change-requests', { params: { query }, signal }))
          : unwrap(api.GET('/api/change-requests', { params: { query: { ...query, customer } }, signal }))
      },
    })
  }
}

/** One of them; looked at closely while it is about to be carried out. */
export function useRequest(id: string, own: boolean) {
  return useQuery({
    ...one({
      scope: usePlace(),
      feature: 'change',
      operation: own ? 'own-request' : 'request',
      params: { id },
      read: (signal) => {
        const params = { path: { id } }
        return own ? unwrap(api.GET('/api/partnership/change-requests/{id}', { params, signal })) : unwrap(api.GET('/api/change-requests/{id}', { params, signal }))
      },
    }),
    refetchInterval: ({ state }) => (state.data?.state === 'approved' ? 2_000 : 15_000),
  })
}

export function withdrawRequest(id: string): Promise<unknown> {
  return unwrap(api.POST('/api/change-requests/{id}/withdraw', { params: { path: { id } } }))
}
