import { useQuery } from '@tanstack/react-query'
import { api, unwrap } from '../api/client'
import { formerOf, one } from '../api/query'
import type { components } from '../api/schema'
import { usePlace } from '../kit/scope'

type Schemas = components['schemas']
export type Answer = Schemas['EffectiveAccess']
export type Chain = Schemas['AccessChain']
export type Check = Schemas['PermissionCheck']
export type Scope = Schemas['AssignmentScope']
export type PersonAccess = Schemas['PersonAccess']
export type Member = Schemas['AssignmentMember']
export type Broken = NonNullable<Answer['broken']>
export type RoomChoice = Schemas['RoomChoice']

/** What is asked, as the address holds it: `user:ID` or `group:ID`, a permission, the id of a room; each may be ''. */
export interface Question {
  readonly member: string
  readonly permission: string
  readonly room: string
}

/** Rights are computed anew with each answer: as often as the person's own are read. */
const every = 60_000
/** Rooms that a search offers. */
const offered = 20

/** Whether they may do it there, and why. Nothing is asked of "All customers", or without a person and a room. */
export function useAnswer(question: Question) {
  const place = usePlace()
  const { customer } = place
  const query = {
    member: question.member || undefined,
    permission: question.permission || undefined,
    room: question.room || undefined,
  }
  return useQuery({
    ...one({
      scope: place,
      feature: 'access',
      operation: 'effective',
      params: query,
      every,
      read: (signal) => unwrap<Answer>(api.GET('/api/customers/{id}/effective-access', { params: { path: { id: customer }, query }, signal })),
    }),
    enabled: customer !== 'all' && (question.member !== '' || question.room !== ''),
    placeholderData: formerOf(place),
  })
}

/** Rooms of a customer by name, building or address. */
export async function findRooms(customer: string, q: string, signal: AbortSignal): Promise<readonly RoomChoice[]> {
  const query = { customer, q: q || undefined, sort: 'name' as const, limit: offered }
  return (await unwrap(api.GET('/api/rooms', { params: { query }, signal }))).items
}
