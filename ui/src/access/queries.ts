import { useInfiniteQuery } from '@tanstack/react-query'
import { api, unwrap } from '../api/client'
import { pages, type Scope } from '../api/query'
import type { components } from '../api/schema'
import type { Person } from '../kit/form/PeoplePicker'
import { usePlace } from '../kit/scope'

export type TenantManager = components['schemas']['TenantManager']
export type ManagerPage = components['schemas']['PageTenantManager']

/** The tenant managers; one page is all. */
export function managerPages(scope: Scope) {
  return pages<ManagerPage>({
    scope,
    feature: 'access',
    operation: 'tenant-managers',
    params: {},
    every: 60_000,
    read: (_, signal) => unwrap(api.GET('/api/tenant-managers', { signal })),
  })
}

/** The same list, for the pane of one of them: a shared link opens the pane before the list is there. */
export function useManagers() {
  return useInfiniteQuery(managerPages(usePlace()))
}

/** Names a tenant manager: a user, or all of a security group. */
export function addManager(person: Person): Promise<TenantManager> {
  return unwrap(api.POST('/api/tenant-managers', { body: { kind: person.kind, id: person.id } }))
}

/** Takes the power away. */
export function removeManager(id: string): Promise<unknown> {
  return unwrap(api.DELETE('/api/tenant-managers/{id}', { params: { path: { id } } }))
}

/** Users and security groups of the partner. */
export async function findPeople(q: string, signal: AbortSignal): Promise<readonly Person[]> {
  const found = await unwrap(api.GET('/api/directory', { params: { query: { q } }, signal }))
  return found.items
}
