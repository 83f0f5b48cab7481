import { useQuery } from '@tanstack/react-query'
import { api, unwrap } from '../api/client'
import { one, pages, type Scope } from '../api/query'
import type { components } from '../api/schema'
import type { Ask } from '../kit/list/spec'
import { usePlace } from '../kit/scope'
import { states, statesOf } from './states'

export type Collected = components['schemas']['Customer']
export type Job = components['schemas']['Job']
export type Run = components['schemas']['CollectionRun']
export type CollectedPage = components['schemas']['CustomersOut']
export type RunPage = components['schemas']['PageCollectionRun']
export type Kind = Job['kind']

const customerOf = (scope: Scope) => (scope.customer === 'all' ? undefined : scope.customer)
const kinds: readonly Kind[] = ['devices', 'places']

/** What collecting says of each customer, worst first. */
export function collectedPages(scope: Scope, ask: Ask) {
  const state = statesOf(ask.tab, ask.filters['is'])
  const params = { customer: customerOf(scope), state: state && [...state] }
  return pages<CollectedPage>({
    scope,
    feature: 'collect',
    operation: 'customers',
    params,
    every: 15_000,
    read: (cursor, signal) =>
      unwrap(api.GET('/api/collect/customers', { params: { query: { ...params, cursor, limit: 100, total: true } }, signal })),
  })
}

/** Whether something of the customer is being read or waits for its turn. */
export function isBusy(customer: Collected | undefined): boolean {
  return customer?.kinds.some((job) => job.running || job.queued) ?? false
}

/** What collecting says of one customer; looked at closely while something runs. */
export function useCollected(id: string) {
  return useQuery({
    ...one({
      scope: usePlace(),
      feature: 'collect',
      operation: 'customer',
      params: { id },
      read: async (signal) => {
        const found = await unwrap(api.GET('/api/collect/customers', { params: { query: { customer: id, limit: 1 } }, signal }))
        return found.items[0] ?? null
      },
    }),
    refetchInterval: ({ state }) => (isBusy(state.data ?? undefined) ? 2_000 : 10_000),
  })
}

/** The runs that have ended, newest first. */
export function runPages(scope: Scope, ask: Ask) {
  const state = ask.tab === 'failed' ? states.filter((known) => known !== 'ok') : undefined
  const wanted = ask.filters['is'] ?? state
  const params = {
    customer: customerOf(scope) ?? ask.filters['customer']?.[0],
    kind: kinds.find((kind) => kind === ask.filters['kind']?.[0]),
    state: wanted && [...wanted],
  }
  return pages<RunPage>({
    scope,
    feature: 'collect',
    operation: 'runs',
    params,
    every: 30_000,
    read: (cursor, signal) => unwrap(api.GET('/api/collect/runs', { params: { query: { ...params, cursor, limit: 100 } }, signal })),
  })
}

/** The last runs of one customer, for its pane. */
export function useLastRuns(customer: string) {
  return useQuery(
    one({
      scope: usePlace(),
      feature: 'collect',
      operation: 'last-runs',
      params: { customer },
      every: 10_000,
      read: (signal) => unwrap(api.GET('/api/collect/runs', { params: { query: { customer, limit: 20 } }, signal })),
    }),
  )
}

/** What a customer's consent and Microsoft's API allow; read again soon while it is being tried. */
export function useCapabilities(customer: string) {
  return useQuery({
    ...one({
      scope: usePlace(),
      feature: 'collect',
      operation: 'capabilities',
      params: { customer },
      read: (signal) => unwrap(api.GET('/api/customers/{id}/capabilities', { params: { path: { id: customer } }, signal })),
    }),
    refetchInterval: ({ state }) => (isTrying(state.data) ? 1_000 : 30_000),
  })
}

/** Whether a check runs or is about to. */
function isTrying(known: components['schemas']['Capabilities'] | undefined): boolean {
  return known?.running === true || (known?.nextCheck !== undefined && Date.parse(known.nextCheck) <= Date.now())
}

/** Makes the check of what a customer allows due at once. */
export function checkNow(customer: string): Promise<unknown> {
  return unwrap(api.POST('/api/customers/{id}/capabilities/check', { params: { path: { id: customer } } }))
}

/** Makes the collections of a customer due at once; the work goes on after the answer. */
export function collectNow(customer: string): Promise<unknown> {
  return unwrap(api.POST('/api/collect/runs', { body: { customerId: customer } }))
}
