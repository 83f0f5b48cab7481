import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, unwrap } from '../api/client'
import { one } from '../api/query'
import type { components } from '../api/schema'
import { usePlace } from '../kit/scope'

export type Partnership = components['schemas']['Partnership']
export type Invitation = components['schemas']['SentInvitation']
export type Relation = components['schemas']['Relation']
export type OwnRoom = components['schemas']['OwnRoom']
export type Covered = components['schemas']['Covered']
export type Grant = components['schemas']['Grant']
export type GrantRule = components['schemas']['GrantRule']
export type NewInvitation = components['schemas']['NewInvitation']
export type InvitedPartner = components['schemas']['InvitedPartner']
export type AdminProposal = components['schemas']['AdminProposal']
export type Offer = components['schemas']['Offer']
export type AuthContext = components['schemas']['AuthContext']
export type GrantPreview = components['schemas']['GrantPreview']
export type CeilingPreview = components['schemas']['CeilingPreview']
export type ChangeControl = components['schemas']['ChangeControl']
export type OwnAdmins = components['schemas']['OwnAdmins']
export type OwnAccess = components['schemas']['OwnAccess']
export type OwnRole = components['schemas']['OwnRole']
export type OwnAssignment = components['schemas']['OwnAssignment']
export type OwnMember = components['schemas']['OwnMember']

/** The word of the feature in the keys of the cache. */
export const feature = 'portal'

const usual = 60_000
/** While an invitation waits, its answer is what one looks for. */
const waiting = 10_000
/** The server keeps the rooms that it read for minutes: asking sooner gives the same (design.md 15). */
const roomsKept = 5 * 60_000

/** The own relation at a glance. */
export function usePartnership() {
  return useQuery({
    ...one({ scope: usePlace(), feature, operation: 'partnership', read: (signal) => unwrap<Partnership>(api.GET('/api/partnership', { signal })) }),
    refetchInterval: (query) => (query.state.data?.invitation?.state === 'pending' ? waiting : usual),
  })
}

/** All invitations that the organisation sent, newest first; only for its administrators. */
export function useInvitations(mayRead: boolean) {
  return useQuery({
    ...one({
      scope: usePlace(),
      feature,
      operation: 'invitations',
      every: usual,
      read: async (signal) => (await unwrap(api.GET('/api/partnership/invitations', { signal }))).items,
    }),
    enabled: mayRead,
  })
}

/** The organisation's rooms, read now from Microsoft; neither the server nor this tab keeps them. */
export function useOwnRooms() {
  return useQuery({
    ...one({ scope: usePlace(), feature, operation: 'rooms', read: (signal) => unwrap(api.GET('/api/partnership/rooms', { signal })) }),
    staleTime: roomsKept,
    refetchOnWindowFocus: false,
  })
}

/** How many rooms a choice covers now; the number before stays while the next one is counted. Nothing is asked without a choice. */
export function useCovered(grant: Grant | undefined) {
  return useQuery({
    ...one({
      scope: usePlace(),
      feature,
      operation: 'covered',
      params: { grant },
      read: (signal) => {
        if (grant === undefined) throw new Error('count a choice that is none')
        return unwrap<Covered>(api.POST('/api/partnership/rooms/preview', { body: { grant }, signal }))
      },
    }),
    enabled: grant !== undefined,
    placeholderData: keepPreviousData,
    staleTime: roomsKept,
    refetchOnWindowFocus: false,
  })
}

/** Who the partner's primary admins are, and whom it proposes; only for administrators, while there is a relation. */
export function useOwnAdmins(mayRead: boolean) {
  return useQuery({
    ...one({
      scope: usePlace(),
      feature,
      operation: 'admins',
      every: usual,
      read: (signal) => unwrap<OwnAdmins>(api.GET('/api/partnership/admins', { signal })),
    }),
    enabled: mayRead,
  })
}

/** Makes the proposed members primary admins; refused when the proposal is another one by now. */
export function confirmAdmins(proposal: string): Promise<unknown> {
  return unwrap(api.POST('/api/partnership/admins/confirm', { body: { proposal } }))
}

/** Drops the proposal. */
export function refuseAdmins(proposal: string): Promise<unknown> {
  return unwrap(api.POST('/api/partnership/admins/refuse', { body: { proposal } }))
}

/** The partner that uses a domain; refused when none here does. */
export function partnerOf(domain: string): Promise<InvitedPartner> {
  return unwrap(api.GET('/api/partnership/partner', { params: { query: { domain } } }))
}

/** Sends an invitation. */
export function invite(body: NewInvitation): Promise<Invitation> {
  return unwrap(api.POST('/api/partnership/invitations', { body }))
}

/** Withdraws a pending invitation. */
export function withdraw(id: string): Promise<unknown> {
  return unwrap(api.POST('/api/partnership/invitations/{id}/withdraw', { params: { path: { id } } }))
}

/** Who of the partner has access, and when it was last active; only for administrators, while there is a relation. */
export function useOwnAccess() {
  return useQuery({
    ...one({
      scope: usePlace(),
      feature,
      operation: 'access',
      every: 5 * usual,
      read: (signal) => unwrap<OwnAccess>(api.GET('/api/partnership/access', { signal })),
    }),
  })
}

/** What the own consent and Microsoft's API allow; read again soon while it is being tried. */
export function useOwnCapabilities() {
  return useQuery({
    ...one({
      scope: usePlace(),
      feature,
      operation: 'capabilities',
      read: (signal) => unwrap(api.GET('/api/partnership/capabilities', { signal })),
    }),
    refetchInterval: ({ state }) =>
      state.data?.running === true || (state.data?.nextCheck !== undefined && Date.parse(state.data.nextCheck) <= Date.now()) ? 1_000 : usual,
  })
}

/** Makes the check of what the own consent allows due at once. */
export function checkOwnNow(): Promise<unknown> {
  return unwrap(api.POST('/api/partnership/capabilities/check'))
}

/** Takes a person or group of the partner out of all assignments. */
export function removeMember({ kind, id }: Pick<OwnMember, 'kind' | 'id'>): Promise<unknown> {
  return unwrap(api.DELETE('/api/partnership/members/{id}', { params: { path: { id: `${kind}:${id}` } } }))
}

/** Removes a role of the partner with its assignments. */
export function removeRole(id: string): Promise<unknown> {
  return unwrap(api.DELETE('/api/partnership/roles/{id}', { params: { path: { id } } }))
}

/** Removes an assignment of the partner. */
export function removeAssignment(id: string): Promise<unknown> {
  return unwrap(api.DELETE('/api/partnership/assignments/{id}', { params: { path: { id } } }))
}

/** Ends the relation at once; the partner's name confirms it. */
export function endRelation(confirm: string): Promise<unknown> {
  return unwrap(api.DELETE('/api/partnership', { body: { confirm } }))
}

/** Deletes the record that is kept of a relation that has ended. */
export function dropRecord(): Promise<unknown> {
  return unwrap(api.DELETE('/api/partnership/record'))
}

const ifMatch = (version: number) => ({ 'If-Match': `"${version}"` })

/** Puts another offer in the place of a pending one; refused when it is another one by now. */
export function changeOffer({ id, version }: Pick<Invitation, 'id' | 'version'>, body: Offer): Promise<Invitation> {
  return unwrap(api.PUT('/api/partnership/invitations/{id}', { params: { path: { id }, header: ifMatch(version) }, body }))
}

/** Sends a pending invitation again: open for so many days from now. */
export function resend(id: string, expiresInDays: number): Promise<Invitation> {
  return unwrap(api.POST('/api/partnership/invitations/{id}/resend', { params: { path: { id } }, body: { expiresInDays } }))
}

/** What waits for approval in the relation, and how many requests wait now; only while there is a relation. */
export function useChangeControl() {
  return useQuery(
    one({
      scope: usePlace(),
      feature,
      operation: 'change-control',
      every: usual,
      read: (signal) => unwrap<ChangeControl>(api.GET('/api/partnership/change-control', { signal })),
    }),
  )
}

/** What another choice of rooms gives to the partner and takes from it; the answer before stays while the next one is counted. */
export function useGrantPreview(grant: Grant | undefined) {
  return useQuery({
    ...one({
      scope: usePlace(),
      feature,
      operation: 'grant-preview',
      params: { grant },
      read: (signal) => {
        if (grant === undefined) throw new Error('preview a choice that is none')
        return unwrap<GrantPreview>(api.POST('/api/partnership/grant/preview', { body: { grant }, signal }))
      },
    }),
    enabled: grant !== undefined,
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
  })
}

/** Which roles of the partner another ceiling changes; the answer before stays while the next one is found out. */
export function useCeilingPreview(ceiling: readonly string[]) {
  return useQuery({
    ...one({
      scope: usePlace(),
      feature,
      operation: 'ceiling-preview',
      params: { ceiling },
      read: (signal) => unwrap<CeilingPreview>(api.POST('/api/partnership/ceiling/preview', { body: { ceiling: [...ceiling] }, signal })),
    }),
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
  })
}

// The changes of what was agreed. `version` is that of what was read: when somebody else was quicker, the change is refused.

/** Changes the rooms that the partner may reach. What it loses is removed at once. */
export function changeGrant(version: number, grant: Grant): Promise<Relation> {
  return unwrap(api.PUT('/api/partnership/grant', { params: { header: ifMatch(version) }, body: { grant } }))
}

/** Changes what the partner may have at most. */
export function changeCeiling(version: number, ceiling: readonly string[]): Promise<Relation> {
  return unwrap(api.PUT('/api/partnership/ceiling', { params: { header: ifMatch(version) }, body: { ceiling: [...ceiling] } }))
}

/** Says what runs at once and what waits for approval. */
export function changeControl(version: number, events: Record<string, string>): Promise<Relation> {
  return unwrap(api.PUT('/api/partnership/change-control', { params: { header: ifMatch(version) }, body: { events } }))
}

/** Demands an authentication context of the partner's people; '' demands none. */
export function changeStrongAuth(version: number, strongAuth: string): Promise<Relation> {
  return unwrap(api.PUT('/api/partnership/strong-auth', { params: { header: ifMatch(version) }, body: { strongAuth } }))
}

/** Sets, moves or takes away the end of the relation. */
export function changeEnd(version: number, endsAt: string | undefined): Promise<Relation> {
  return unwrap(api.PUT('/api/partnership/end-date', { params: { header: ifMatch(version) }, body: endsAt === undefined ? {} : { endsAt } }))
}

/** How long history is kept, and the record after the end. */
export function changeRetention(version: number, retentionDays: number, sealDays: number): Promise<Relation> {
  return unwrap(api.PUT('/api/partnership/retention', { params: { header: ifMatch(version) }, body: { retentionDays, sealDays } }))
}

/** To which addresses notices go. */
export function changeContacts(version: number, contacts: readonly string[]): Promise<Relation> {
  return unwrap(api.PUT('/api/partnership/contacts', { params: { header: ifMatch(version) }, body: { contacts: [...contacts] } }))
}

/** What waits for the customer's approval, newest first; the word of the feature is that of the requests themselves. */
export function useWaiting() {
  return useQuery(
    one({
      scope: usePlace(),
      feature: 'change',
      operation: 'waiting',
      every: 15_000,
      read: (signal) => unwrap(api.GET('/api/partnership/change-requests', { params: { query: { state: 'waiting', limit: 20 } }, signal })),
    }),
  )
}

/** What people of the partner did last, from the record. Reading it is recorded, so that it is not read again by itself. */
export function useActivity() {
  return useQuery({
    ...one({
      scope: usePlace(),
      feature,
      operation: 'activity',
      read: (signal) => unwrap(api.GET('/api/partnership/audit', { params: { query: { side: 'partner', limit: 8 } }, signal })),
    }),
    staleTime: 5 * usual,
    refetchOnWindowFocus: false,
  })
}
