import type { components } from '../api/schema'
import type { AskParts } from '../kit/list/state'

type Schemas = components['schemas']
export type Group = Schemas['Group']
export type GroupRoom = Schemas['GroupRoom']
export type GroupRule = Schemas['GroupRule']
export type GroupBody = Schemas['GroupBody']
export type GroupFacts = Schemas['GroupFacts']

/** What the address of the list can say. */
export const groupParts = {
  word: 'groups',
  sort: 'name',
  search: false,
  columns: [{ sort: 'name' }, { sort: 'rooms' }, { sort: 'used' }, { sort: 'changed' }],
} satisfies AskParts

const worth: Record<string, (group: Group) => number> = {
  rooms: (group) => group.rooms,
  used: (group) => group.usedBy ?? -1,
  changed: (group) => Date.parse(group.changedAt),
}

/** The groups in the order that the address asks for. They come by name, and where numbers are equal they stay so. */
export function inOrder(groups: readonly Group[], sort: string): readonly Group[] {
  const down = sort.startsWith('-')
  const of = worth[down ? sort.slice(1) : sort]
  if (of === undefined) return down ? [...groups].reverse() : groups
  return [...groups].sort((a, b) => (down ? of(b) - of(a) : of(a) - of(b)))
}

/** The facts that rules ask for, in the order in which people narrow, with where their values stand. */
export const facts = {
  country: 'countries',
  city: 'cities',
  building: 'buildings',
  floor: 'floors',
  maker: 'makers',
  model: 'models',
  deviceKind: 'kinds',
} as const satisfies Partial<Record<keyof GroupRule, keyof GroupFacts>>
export type FactName = keyof typeof facts
export const factNames = Object.keys(facts) as readonly FactName[]

/** A group as somebody writes it. The rooms are kept while the rules are looked at, and the other way round. */
export interface Draft {
  readonly name: string
  readonly description: string
  readonly kind: Group['kind']
  readonly rooms: readonly GroupRoom[]
  readonly rules: readonly GroupRule[]
}

/** What a new group, or a change of one, begins with. */
export function draftOf(group: Group | undefined, rooms: readonly GroupRoom[]): Draft {
  if (group === undefined) return { name: '', description: '', kind: 'fixed', rooms: [], rules: [{}] }
  const { name, description, kind, rules } = group
  return { name, description, kind, rooms, rules: rules.length === 0 ? [{}] : rules }
}

/** A rule without the facts that were emptied again. */
export function ruleOf(rule: GroupRule): GroupRule {
  return Object.fromEntries(Object.entries(rule).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : Boolean(value))))
}

/** At most so many: the server refuses more. */
export const most = { rules: 20, values: 50 } as const

export type Wrong = 'nameNeeded' | 'roomNeeded' | 'factNeeded' | 'seatsTurned' | 'tooManyValues'

/** What keeps the rooms from being chosen like this. A group that is there already may lose its last room. */
export function wrongRooms({ kind, rooms, rules }: Draft, isNew: boolean): readonly Wrong[] {
  if (kind === 'fixed') return isNew && rooms.length === 0 ? ['roomNeeded'] : []
  const wrong: Wrong[] = []
  if (rules.some((rule) => Object.keys(ruleOf(rule)).length === 0)) wrong.push('factNeeded')
  if (rules.some(({ capacityMin = 0, capacityMax = 0 }) => capacityMax > 0 && capacityMin > capacityMax)) wrong.push('seatsTurned')
  if (rules.some((rule) => factNames.some((name) => (rule[name]?.length ?? 0) > most.values))) wrong.push('tooManyValues')
  return wrong
}

/** Which rooms are in the group, as the server takes it. */
export function choiceOf({ kind, rooms, rules }: Draft): Pick<GroupBody, 'kind' | 'rooms' | 'rules'> {
  return kind === 'fixed' ? { kind, rooms: rooms.map((room) => room.id) } : { kind, rules: rules.map(ruleOf) }
}

/** The whole group as the server takes it. */
export function bodyOf(draft: Draft): GroupBody {
  return { name: draft.name.trim(), description: draft.description.trim(), ...choiceOf(draft) }
}

/** My changes of `was`, made again on what somebody else has saved meanwhile. */
export function rebased(was: Draft, mine: Draft, latest: Draft): Draft {
  const pick = <K extends keyof Draft>(name: K): Draft[K] => (JSON.stringify(mine[name]) === JSON.stringify(was[name]) ? latest[name] : mine[name])
  const ids = (rooms: readonly GroupRoom[]) => new Set(rooms.map((room) => room.id))
  const [before, now] = [ids(was.rooms), ids(mine.rooms)]
  const kept = latest.rooms.filter((room) => now.has(room.id) || !before.has(room.id))
  const there = ids(kept)
  return {
    name: pick('name'),
    description: pick('description'),
    kind: pick('kind'),
    rules: pick('rules'),
    rooms: [...kept, ...mine.rooms.filter((room) => !before.has(room.id) && !there.has(room.id))],
  }
}
