import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, unwrap } from '../api/client'
import { refreshMe } from '../api/me'
import { formerOf, one, pages, refresh, type Scope } from '../api/query'
import type { components } from '../api/schema'
import type { Ask } from '../kit/list/spec'
import { useListAsk } from '../kit/list/state'
import { usePlace } from '../kit/scope'
import { useToast } from '../kit/toast'
import { bodyOf, choiceOf, groupParts, inOrder, type Draft, type Group, type GroupRoom } from './groups.draft'

type Schemas = components['schemas']
export type GroupPage = Omit<Schemas['Groups'], 'items'> & { readonly items: readonly Group[] }
export type GroupPreview = Schemas['GroupPreview']
export type GroupRoomPage = Schemas['PageGroupRoom']

const feature = 'rooms'
const every = 60_000

/** The groups of the customer; one page is all. */
export function groupPages(scope: Scope, ask: Ask) {
  const { sort } = ask
  const id = scope.customer
  return pages<GroupPage>({
    scope,
    feature,
    operation: 'groups',
    params: { sort },
    every,
    read: async (_, signal) => {
      const list = await unwrap(api.GET('/api/customers/{id}/groups', { params: { path: { id } }, signal }))
      return { ...list, items: inOrder(list.items, sort) }
    },
  })
}

/** What the person may make, as the list says it. */
export function useMayCreate(): Pick<GroupPage, 'mayCreate' | 'mayCreateRules'> | undefined {
  return useInfiniteQuery(groupPages(usePlace(), useListAsk(groupParts))).data?.pages[0]
}

/** One group. */
export function useGroup(group: string) {
  const scope = usePlace()
  return useQuery(
    one<Group>({ scope, feature, operation: 'group', params: { group }, every, read: (signal) => readGroup(scope.customer, group, signal) }),
  )
}

/** The name of a group that the filter names, where its values do not. */
export function useGroupName(customer: string | undefined, group: string | undefined): string | undefined {
  const asked = customer !== undefined && group !== undefined
  return useQuery({
    ...one<Group>({
      scope: usePlace(),
      feature,
      operation: 'group-name',
      params: { customer, group },
      read: (signal) => readGroup(customer ?? '', group ?? '', signal),
    }),
    enabled: asked,
  }).data?.name
}

/** The group as it is now. */
export function readGroup(id: string, group: string, signal?: AbortSignal): Promise<Group> {
  return unwrap(api.GET('/api/customers/{id}/groups/{group}', { params: { path: { id, group } }, signal }))
}

const roomPage = (id: string, group: string, limit: number, cursor: string | undefined, signal?: AbortSignal): Promise<GroupRoomPage> =>
  unwrap(api.GET('/api/customers/{id}/groups/{group}/rooms', { params: { path: { id, group }, query: { limit, cursor } }, signal }))

/** The rooms of a group, page by page. */
export function useGroupRooms(group: string) {
  const scope = usePlace()
  return useInfiniteQuery(
    pages<GroupRoomPage>({
      scope,
      feature,
      operation: 'group-rooms',
      params: { group },
      every,
      read: (cursor, signal) => roomPage(scope.customer, group, 100, cursor, signal),
    }),
  )
}

/** All rooms of a group: who changes them must have them all. */
export async function readAllRooms(id: string, group: string, signal?: AbortSignal): Promise<readonly GroupRoom[]> {
  const found: GroupRoom[] = []
  let cursor: string | undefined
  do {
    const page = await roomPage(id, group, 500, cursor, signal)
    found.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return found
}

/** What is to be changed: the group and all its rooms, read together. Without a group there is nothing to read. */
export function useGroupToChange(group: string) {
  const scope = usePlace()
  return useQuery({
    ...one({
      scope,
      feature,
      operation: 'group-to-change',
      params: { group },
      read: async (signal) => ({ group: await readGroup(scope.customer, group, signal), rooms: await readAllRooms(scope.customer, group, signal) }),
    }),
    gcTime: 0, // who begins again begins with what is there then
  })
}

/** How many rooms one search shows. */
export const shownRooms = 100

/** Rooms that can be chosen, by a part of their name or place. */
export function useRoomsToChoose(q: string) {
  const scope = usePlace()
  return useQuery({
    ...one({
      scope,
      feature,
      operation: 'group-choose',
      params: { q },
      read: async (signal) => {
        const query = { customer: scope.customer, q: q === '' ? undefined : q, sort: 'name' as const, limit: shownRooms, total: true }
        const { items, total = 0 } = await unwrap(api.GET('/api/rooms', { params: { query }, signal }))
        return { total, items: items.map(({ id, name, building, city }): GroupRoom => ({ id, name, building, city })) }
      },
    }),
    placeholderData: formerOf(scope),
  })
}

/** The values that rules can ask for. */
export function useGroupFacts() {
  const scope = usePlace()
  const id = scope.customer
  return useQuery(
    one({ scope, feature, operation: 'group-facts', read: (signal) => unwrap(api.GET('/api/customers/{id}/groups/facts', { params: { path: { id } }, signal })) }),
  )
}

/** What a group like this would move; not asked without one. */
export function useGroupPreview(group: string | undefined, draft: Draft | undefined) {
  const scope = usePlace()
  const id = scope.customer
  const choice = draft && choiceOf(draft)
  return useQuery({
    ...one<GroupPreview>({
      scope,
      feature,
      operation: 'group-preview',
      params: { group, choice },
      read: (signal) =>
        unwrap(
          api.POST('/api/customers/{id}/groups/preview', { params: { path: { id } }, body: { group, kind: 'fixed', ...choice }, signal }),
        ),
    }),
    enabled: choice !== undefined,
    placeholderData: formerOf(scope),
  })
}

const ifMatch = ({ version }: Group) => ({ 'If-Match': `"${version}"` })

export function createGroup(id: string, draft: Draft): Promise<Group> {
  return unwrap(api.POST('/api/customers/{id}/groups', { params: { path: { id } }, body: bodyOf(draft) }))
}

export function changeGroup(id: string, group: Group, draft: Draft): Promise<Group> {
  return unwrap(
    api.PUT('/api/customers/{id}/groups/{group}', { params: { path: { id, group: group.id }, header: ifMatch(group) }, body: bodyOf(draft) }),
  )
}

export function deleteGroup(id: string, group: Group): Promise<unknown> {
  return unwrap(api.DELETE('/api/customers/{id}/groups/{group}', { params: { path: { id, group: group.id }, header: ifMatch(group) } }))
}

/** After a change: says it, reads again what it touched, and one's rights, because a group may be their scope. */
export function useGroupsChanged(): (said?: string) => Promise<void> {
  const client = useQueryClient()
  const { session } = usePlace()
  const toast = useToast()
  return async (said) => {
    if (said !== undefined) toast(said)
    await refresh(client, session, 'rooms', 'access')
    void refreshMe(client)
  }
}
