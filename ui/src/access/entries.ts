import type { Person } from '../kit/form/PeoplePicker'
import type { Assignment, AssignmentBody, AssignmentScope } from './queries'

const day = 86_400_000

/** What people enter about an assignment. */
export interface Entries {
  readonly name: string
  readonly description: string
  readonly start: 'now' | 'keep' | 'date'
  readonly startDate: string
  readonly end: 'none' | 'keep' | 'day' | 'week' | 'date'
  readonly endDate: string
  readonly mail: boolean
  readonly members: readonly Person[]
  readonly where: 'all' | 'some'
  /** Groups and rooms; they wait while `where` is all. */
  readonly scopes: readonly AssignmentScope[]
}

/** What the wizard begins with. */
export function entriesOf(assignment: Assignment | undefined, allAllowed: boolean): Entries {
  if (assignment === undefined) {
    return { name: '', description: '', start: 'now', startDate: '', end: 'none', endDate: '', mail: false, members: [], where: allAllowed ? 'all' : 'some', scopes: [] }
  }
  return {
    name: assignment.name,
    description: assignment.description,
    start: assignment.startsAt === undefined ? 'now' : 'keep',
    startDate: '',
    end: assignment.endsAt === undefined ? 'none' : 'keep',
    endDate: '',
    mail: assignment.mail,
    members: assignment.members.map(({ id, kind, name }) => ({ id, kind, name })),
    where: assignment.scopes.some((scope) => scope.kind === 'all') ? 'all' : 'some',
    scopes: assignment.scopes.filter((scope) => scope.kind !== 'all'),
  }
}

/** Entries of mine on what somebody else has saved meanwhile: what I left as it was becomes theirs. */
export function rebasedEntries(base: Entries, mine: Entries, latest: Entries): Entries {
  const same = (name: keyof Entries) => JSON.stringify(base[name]) === JSON.stringify(mine[name])
  const names = Object.keys(mine) as (keyof Entries)[]
  return Object.fromEntries(names.map((name) => [name, same(name) ? latest[name] : mine[name]])) as unknown as Entries
}

/** When it begins, or undefined: at once. A day begins where the person is. */
export function startsAt(entries: Entries, was: Assignment | undefined): string | undefined {
  if (entries.start === 'now') return undefined
  if (entries.start === 'keep') return was?.startsAt
  return entries.startDate === '' ? undefined : new Date(`${entries.startDate}T00:00:00`).toISOString()
}

/** When it ends, or undefined: never. A day counts whole. `now` in milliseconds. */
export function endsAt(entries: Entries, was: Assignment | undefined, now: number): string | undefined {
  const from = Math.max(now, Date.parse(startsAt(entries, was) ?? '') || now)
  switch (entries.end) {
    case 'none':
      return undefined
    case 'keep':
      return was?.endsAt
    case 'day':
      return new Date(from + day).toISOString()
    case 'week':
      return new Date(from + 7 * day).toISOString()
    case 'date':
      return entries.endDate === '' ? undefined : new Date(`${entries.endDate}T23:59:59`).toISOString()
  }
}

/** What is wrong, by the field where it stands. The words are for the feature to choose. */
export interface Wrong {
  readonly name?: 'nameNeeded'
  readonly startDate?: 'dateNeeded'
  readonly endDate?: 'dateNeeded' | 'endPast' | 'endBeforeStart'
  readonly members?: 'memberNeeded'
  readonly scopes?: 'scopeNeeded'
}

export function wrongIn(entries: Entries, was: Assignment | undefined, now: number): Wrong {
  const end = endsAt(entries, was, now)
  const start = startsAt(entries, was)
  const wrongEnd = (): Wrong => {
    if (entries.end === 'date' && entries.endDate === '') return { endDate: 'dateNeeded' }
    if (end === undefined) return {}
    if (start !== undefined && Date.parse(end) <= Date.parse(start)) return { endDate: 'endBeforeStart' }
    return entries.end === 'date' && Date.parse(end) <= now ? { endDate: 'endPast' } : {}
  }
  return {
    ...(entries.name.trim() === '' ? { name: 'nameNeeded' } : {}),
    ...(entries.start === 'date' && entries.startDate === '' ? { startDate: 'dateNeeded' } : {}),
    ...wrongEnd(),
    ...(entries.members.length === 0 ? { members: 'memberNeeded' } : {}),
    ...(entries.where === 'some' && entries.scopes.length === 0 ? { scopes: 'scopeNeeded' } : {}),
  }
}

/** The request. */
export function bodyOf(entries: Entries, was: Assignment | undefined, now: number): AssignmentBody {
  const start = startsAt(entries, was)
  const end = endsAt(entries, was, now)
  return {
    name: entries.name.trim(),
    description: entries.description.trim(),
    mail: entries.mail,
    members: entries.members.map(({ kind, id }) => ({ kind, id })),
    scopes: entries.where === 'all' ? [{ kind: 'all' }] : entries.scopes.map(({ kind, id }) => ({ kind, ...(id === undefined ? {} : { id }) })),
    ...(start === undefined ? {} : { startsAt: start }),
    ...(end === undefined ? {} : { endsAt: end }),
  }
}
