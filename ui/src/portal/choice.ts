import type { Grant, GrantRule, OwnRoom } from './queries'

/** All rooms, rooms by country, city or building, or rooms one by one. */
export type Mode = 'all' | 'places' | 'rooms'

/** Places that are in and places that are left out of them. Both also mean rooms that come later. */
export interface Places {
  readonly all: boolean
  readonly rules: readonly GrantRule[]
  readonly except: readonly GrantRule[]
}

/** What the person chose in each mode; only that of the present mode counts, the others wait for a change of mind. */
export interface Choice {
  readonly mode: Mode
  readonly whole: Places
  readonly part: Places
  /** Place ids of Graph. */
  readonly rooms: ReadonlySet<string>
}

/** All rooms, nothing left out. */
export const everything: Choice = {
  mode: 'all',
  whole: { all: true, rules: [], except: [] },
  part: { all: false, rules: [], except: [] },
  rooms: new Set(),
}

/** The most single rooms that one invitation may name: policy/grant.go. */
export const mostRooms = 5_000

/** The choice as the server takes it; undefined while nothing is chosen. */
export function grantOf(choice: Choice): Grant | undefined {
  const { mode, whole, part, rooms } = choice
  if (mode === 'all') return whole.except.length === 0 ? { all: true } : { all: true, except: [...whole.except] }
  if (mode === 'rooms') return rooms.size === 0 ? undefined : { all: false, rooms: [...rooms].sort() }
  if (part.rules.length === 0) return undefined
  return part.except.length === 0 ? { all: false, rules: [...part.rules] } : { all: false, rules: [...part.rules], except: [...part.except] }
}

/** A country, a city of it or a building in it. */
export interface PlaceNode {
  readonly id: string
  /** 1 country, 2 city, 3 building. */
  readonly level: 1 | 2 | 3
  /** As Microsoft reports it: a country is a code. Empty when it reports none. */
  readonly name: string
  /** The rule that means it; undefined where a fact is not reported: no rule can name it. */
  readonly rule: GrantRule | undefined
  readonly rooms: number
  readonly children: readonly PlaceNode[]
}

/** Case, space around and the way an accent is written do not count: as policy/grant.go compares. */
export function plain(text: string | undefined): string {
  return (text ?? '').trim().normalize('NFC').toLowerCase()
}

const facts = ['country', 'city', 'building'] as const
type Growing = { -readonly [K in keyof PlaceNode]: PlaceNode[K] } & { byName: Map<string, Growing> }

/** The places of rooms: countries, their cities, their buildings, in the order given. */
export function placesOf(rooms: readonly OwnRoom[]): readonly PlaceNode[] {
  const countries = new Map<string, Growing>()
  for (const room of rooms) {
    let siblings = countries
    let path = ''
    let rule: GrantRule | undefined = {}
    facts.forEach((fact, i) => {
      const name = room[fact].trim()
      path += `/${plain(name)}`
      rule = rule === undefined || name === '' ? undefined : { ...rule, [fact]: name }
      const known = siblings.get(plain(name))
      const node: Growing = known ?? { id: path, level: (i + 1) as 1 | 2 | 3, name, rule, rooms: 0, children: [], byName: new Map() }
      if (!known) siblings.set(plain(name), node)
      node.rooms++
      siblings = node.byName
    })
  }
  const finish = (nodes: Map<string, Growing>): readonly PlaceNode[] =>
    [...nodes.values()].map(({ byName, ...node }) => ({ ...node, children: finish(byName) }))
  return finish(countries)
}

/** Whether a place lies in what a rule names, or is it. */
function within(place: GrantRule, rule: GrantRule): boolean {
  return facts.every((fact) => plain(rule[fact]) === '' || plain(rule[fact]) === plain(place[fact]))
}

const same = (a: GrantRule, b: GrantRule) => within(a, b) && within(b, a)
const below = (place: GrantRule, rule: GrantRule) => within(place, rule) && !within(rule, place)

/** How a place stands in a choice. `locked`: a larger place that holds it is left out. */
export type Standing = 'on' | 'off' | 'mixed' | 'locked'

/** How a place stands: in, out, partly, or out with a larger one. */
export function standingOf(rule: GrantRule, { all, rules, except }: Places): Standing {
  if (except.some((one) => below(rule, one))) return 'locked'
  if (except.some((one) => same(rule, one))) return 'off'
  if (all || rules.some((one) => within(rule, one))) return except.some((one) => below(one, rule)) ? 'mixed' : 'on'
  return rules.some((one) => below(one, rule)) ? 'mixed' : 'off'
}

/**
 * The places of the tree that a rule means, where it does not say where its place lies: "Quayside Annex", wherever that is.
 * A rule that says it all, or that nothing answers to now, means itself.
 */
function meant(rule: GrantRule, nodes: readonly PlaceNode[]): readonly GrantRule[] {
  const last = facts.findLastIndex((fact) => plain(rule[fact]) !== '')
  if (facts.slice(0, last).every((fact) => plain(rule[fact]) !== '')) return [rule]
  const found: GrantRule[] = []
  const walk = (siblings: readonly PlaceNode[]) => {
    for (const node of siblings) {
      if (node.level <= last) walk(node.children)
      else if (node.rule !== undefined && within(node.rule, rule)) found.push(node.rule)
    }
  }
  walk(nodes)
  return found.length === 0 ? [rule] : found
}

/** The same choice in places of this tree: what a tree can show of it. */
export function placed({ all, rules, except }: Places, nodes: readonly PlaceNode[]): Places {
  const flat = (list: readonly GrantRule[]) => list.flatMap((one) => meant(one, nodes))
  return { all, rules: flat(rules), except: flat(except) }
}

/** The choice after somebody ticked or unticked a place. A half-ticked one becomes whole; a place within a chosen one becomes an exception. */
export function toggled(rule: GrantRule, places: Places, nodes: readonly PlaceNode[] = []): Places {
  const { all, rules, except } = places
  const seen = placed(places, nodes)
  const standing = standingOf(rule, seen)
  if (standing === 'locked') return places
  /** Without the places that go; a rule that loses none of its own stays as it was written. */
  const without = (list: readonly GrantRule[], goes: (place: GrantRule) => boolean) =>
    list.flatMap((one) => {
      const own = meant(one, nodes)
      return own.some(goes) ? own.filter((place) => !goes(place)) : [one]
    })
  const cleared = { all, rules: without(rules, (one) => below(one, rule)), except: without(except, (one) => within(one, rule)) }
  const held = all || seen.rules.some((one) => within(rule, one))
  if (standing !== 'on') return held ? cleared : { ...cleared, rules: [...cleared.rules, rule] }
  const larger = all || seen.rules.some((one) => below(rule, one))
  const left = without(cleared.rules, (one) => same(one, rule))
  return larger ? { ...cleared, rules: left, except: [...cleared.except, rule] } : { ...cleared, rules: left }
}

/** Rooms of one building, for choosing one by one. */
export interface RoomGroup {
  readonly id: string
  readonly country: string
  readonly city: string
  readonly building: string
  readonly rooms: readonly OwnRoom[]
}

/** Rooms by building, in the order given. */
export function groupsOf(rooms: readonly OwnRoom[]): readonly RoomGroup[] {
  const groups = new Map<string, RoomGroup & { rooms: OwnRoom[] }>()
  for (const room of rooms) {
    const id = facts.map((fact) => plain(room[fact])).join('/')
    const group = groups.get(id) ?? { id, country: room.country, city: room.city, building: room.building, rooms: [] }
    group.rooms.push(room)
    groups.set(id, group)
  }
  return [...groups.values()]
}
