import { useQuery } from '@tanstack/react-query'
import { api, unwrap } from '../api/client'
import { one, pages, type Scope } from '../api/query'
import type { components } from '../api/schema'
import type { Person } from '../kit/form/PeoplePicker'
import type { Ask } from '../kit/list/spec'
import { usePlace } from '../kit/scope'
import { isStarting } from './starting'

export type Entry = components['schemas']['Entry']
export type Detail = components['schemas']['Detail']
export type Grant = components['schemas']['Grant']
export type GrantRule = components['schemas']['GrantRule']
export type Code = components['schemas']['Code']
export type NewCode = components['schemas']['NewCode']
export type State = Entry['state']
export type EntryPage = components['schemas']['PageEntry']
export type CodePage = components['schemas']['PageCode']
export type PrimaryAdmin = components['schemas']['PrimaryAdmin']
export type PrimaryAdmins = components['schemas']['PrimaryAdmins']

/** Milliseconds between looks at a first collection, while somebody waits for it. */
const soon = 2_000
const usual = 30_000

/** The states of the list's tabs, which are their values in the address. */
export const states: readonly State[] = ['pending', 'consent-withdrawn', 'without-admin', 'strong-auth', 'active', 'expired']

/** The customers and invitations of a tab. */
export function entryPages(scope: Scope, ask: Ask) {
  const state = states.filter((known) => known === ask.tab)
  const params = { q: ask.q === '' ? undefined : ask.q, state: state.length === 0 ? undefined : [...state] }
  return {
    ...pages<EntryPage>({
      scope,
      feature: 'customers',
      operation: 'list',
      params,
      read: (cursor, signal) =>
        unwrap(api.GET('/api/customers', { params: { query: { ...params, cursor, limit: 100, total: true } }, signal })),
    }),
    // The first collection of a new customer is what one waits for here.
    refetchInterval: (query: { state: { data?: { pages: readonly EntryPage[] } | undefined } }) =>
      query.state.data?.pages.some((page) => page.items.some((entry) => isStarting(entry, Date.now()))) ? soon : usual,
  }
}

/** How many there are in each state, for the tabs and the title. */
export function useCounts() {
  return useQuery(
    one({
      scope: usePlace(),
      feature: 'customers',
      operation: 'counts',
      every: usual,
      read: async (signal) => {
        const count = async (state: State) => {
          const page = await unwrap(api.GET('/api/customers', { params: { query: { state: [state], limit: 1, total: true } }, signal }))
          return page.total ?? 0
        }
        const counts = await Promise.all(states.map(count))
        return new Map(states.map((state, i) => [state, counts[i] ?? 0]))
      },
    }),
  ).data
}

/** One customer. */
export function useCustomer(id: string) {
  return useQuery({
    ...one({
      scope: usePlace(),
      feature: 'customers',
      operation: 'get',
      params: { id },
      read: (signal) => unwrap<Detail>(api.GET('/api/customers/{id}', { params: { path: { id } }, signal })),
    }),
    refetchInterval: ({ state }) => (state.data && isStarting(state.data, Date.now()) ? soon : usual),
  })
}

/** One invitation. */
export function useInvitation(id: string) {
  return useQuery(
    one({
      scope: usePlace(),
      feature: 'invitations', // not read again after the own answer: it is gone then
      operation: 'get',
      params: { id },
      every: usual,
      read: (signal) => unwrap<Detail>(api.GET('/api/invitations/{id}', { params: { path: { id } }, signal })),
    }),
  )
}

/** Accepts an invitation as it was read; answers the id of the new customer. Refused when the customer has changed its offer since. */
export async function accept({ id, version }: Pick<Detail, 'id' | 'version'>, admins: readonly Person[]): Promise<string> {
  const body = { version: version ?? 0, primaryAdmins: admins.map((person) => ({ kind: person.kind, id: person.id })) }
  const answer = await unwrap(api.POST('/api/invitations/{id}/accept', { params: { path: { id } }, body }))
  return answer.customerId
}

/** Declines an invitation: it is deleted here. */
export function decline(id: string): Promise<unknown> {
  return unwrap(api.POST('/api/invitations/{id}/decline', { params: { path: { id } } }))
}

/** Who the primary admins of a customer are; nobody is listed to who may not see roles there. */
export function usePrimaryAdmins(id: string) {
  return useQuery(
    one({
      scope: usePlace(),
      feature: 'customers',
      operation: 'admins',
      params: { id },
      every: usual,
      read: (signal) => unwrap<PrimaryAdmins>(api.GET('/api/customers/{id}/primary-admins', { params: { path: { id } }, signal })),
    }),
  )
}

/** Makes a user or group a primary admin. */
export function addPrimaryAdmin(id: string, person: Person): Promise<unknown> {
  const body = { kind: person.kind, id: person.id }
  return unwrap(api.POST('/api/customers/{id}/primary-admins', { params: { path: { id } }, body }))
}

/** Takes somebody out of the primary admins; the last one is refused. */
export function removePrimaryAdmin(id: string, admin: PrimaryAdmin): Promise<unknown> {
  const member = `${admin.kind}:${admin.id}`
  return unwrap(api.DELETE('/api/customers/{id}/primary-admins/{member}', { params: { path: { id, member } } }))
}

/** Proposes primary admins for a relation that has none; who is proposed already stays. The customer confirms. */
export function proposeAdmins(id: string, people: readonly Person[]): Promise<unknown> {
  const body = { members: people.map((person) => ({ kind: person.kind, id: person.id })) }
  return unwrap(api.POST('/api/customers/{id}/admin-proposals', { params: { path: { id } }, body }))
}

/** Ends the relation and removes everything of the customer. `confirm` is its name. */
export function leaveCustomer(id: string, confirm: string): Promise<unknown> {
  return unwrap(api.DELETE('/api/customers/{id}', { params: { path: { id } }, body: { confirm } }))
}

/** Where the audit record of a customer is downloaded, while there is one. */
export function auditAddress(id: string, form: 'csv' | 'jsonl'): string {
  return `/api/customers/${encodeURIComponent(id)}/audit.${form}`
}

/** The invitation codes of the last 60 days, newest first; one page is all. */
export function codePages(scope: Scope) {
  return pages<CodePage>({
    scope,
    feature: 'customers',
    operation: 'codes',
    params: {},
    every: usual,
    read: (_, signal) => unwrap(api.GET('/api/invitation-codes', { signal })),
  })
}

/** Makes a code; its text is in this answer only. */
export function makeCode(note: string, days: number): Promise<NewCode> {
  return unwrap(api.POST('/api/invitation-codes', { body: { note, expiresInDays: days } }))
}

/** Revokes a code that nobody used. */
export function revokeCode(id: string): Promise<unknown> {
  return unwrap(api.DELETE('/api/invitation-codes/{id}', { params: { path: { id } } }))
}
