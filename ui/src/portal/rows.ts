import type { Format } from '../text/format'
import { placed, plain, standingOf, type PlaceNode, type Places, type RoomGroup } from './choice'

/** One line of a tree of ticks. */
export interface TreeRow {
  readonly id: string
  readonly level: number
  readonly label: string
  /** After the label, quietly. */
  readonly detail?: string | undefined
  /** At the end, quietly. */
  readonly end?: string | undefined
  readonly state: 'on' | 'off' | 'mixed'
  /** Whether its children are shown; undefined for one that has none. */
  readonly open?: boolean | undefined
  /** Why it cannot be ticked. */
  readonly locked?: string | undefined
  readonly position: number
  readonly of: number
}

/** Words that rows need, in the person's language. */
export interface RowWords {
  readonly unknown: (level: 1 | 2 | 3) => string
  readonly noRule: string
  readonly leftOutWith: string
  readonly rooms: (count: number) => string
  readonly seats: (count: number) => string
}

/** The name of a place as people say it. */
export function nameOf(node: Pick<PlaceNode, 'level' | 'name'>, format: Format, words: Pick<RowWords, 'unknown'>): string {
  if (node.name === '') return words.unknown(node.level)
  return node.level === 1 ? format.country(node.name) : node.name
}

interface PlaceAsk {
  readonly places: Places
  readonly opened: ReadonlySet<string>
  /** Only places that have this text in their name, what holds them and what they hold. */
  readonly find: string
}

/** The lines of a tree of places as it is opened and searched now. */
export function placeRows(nodes: readonly PlaceNode[], ask: PlaceAsk, format: Format, words: RowWords): readonly TreeRow[] {
  const wanted = plain(ask.find)
  const hit = (node: PlaceNode) => plain(nameOf(node, format, words)).includes(wanted)
  const holds = (node: PlaceNode): boolean => node.children.some((child) => hit(child) || holds(child))
  const places = placed(ask.places, nodes)
  const rows: TreeRow[] = []
  const walk = (siblings: readonly PlaceNode[], found: boolean) => {
    const shown = found ? siblings : siblings.filter((node) => hit(node) || holds(node))
    shown.forEach((node, i) => {
      const standing = node.rule === undefined ? (places.all ? 'on' : 'off') : standingOf(node.rule, places)
      const forced = wanted !== '' && holds(node)
      const open = node.children.length === 0 ? undefined : forced || ask.opened.has(node.id)
      rows.push({
        id: node.id,
        level: node.level,
        label: nameOf(node, format, words),
        end: words.rooms(node.rooms),
        state: standing === 'locked' ? 'off' : standing,
        open,
        locked: node.rule === undefined ? words.noRule : standing === 'locked' ? words.leftOutWith : undefined,
        position: i + 1,
        of: shown.length,
      })
      if (open === true) walk(node.children, found || (wanted !== '' && hit(node)))
    })
  }
  walk(nodes, wanted === '')
  return rows
}

interface RoomAsk {
  readonly chosen: ReadonlySet<string>
  readonly opened: ReadonlySet<string>
  /** Only rooms that have this text in their name, building, city or country. */
  readonly find: string
}

/** The rooms of a group that a search finds: all, when the group itself is found. */
export function roomsFound(group: RoomGroup, find: string, format: Format): RoomGroup['rooms'] {
  const wanted = plain(find)
  if (wanted === '') return group.rooms
  if ([group.building, group.city, group.country && format.country(group.country)].some((name) => plain(name).includes(wanted))) return group.rooms
  return group.rooms.filter((room) => plain(room.name).includes(wanted))
}

/** The lines of rooms by building as they are opened and searched now. */
export function roomRows(groups: readonly RoomGroup[], ask: RoomAsk, format: Format, words: RowWords): readonly TreeRow[] {
  const rows: TreeRow[] = []
  const found = groups.map((group) => ({ group, rooms: roomsFound(group, ask.find, format) })).filter(({ rooms }) => rooms.length > 0)
  found.forEach(({ group, rooms }, i) => {
    const ticked = rooms.filter((room) => ask.chosen.has(room.placeId)).length
    const open = ask.find.trim() !== '' || ask.opened.has(group.id)
    const where = [group.city, group.country && format.country(group.country)].filter((name) => name !== '').join(', ')
    rows.push({
      id: group.id,
      level: 1,
      label: group.building === '' ? words.unknown(3) : group.building,
      detail: where,
      end: words.rooms(rooms.length),
      state: ticked === 0 ? 'off' : ticked === rooms.length ? 'on' : 'mixed',
      open,
      position: i + 1,
      of: found.length,
    })
    if (!open) return
    rooms.forEach((room, j) =>
      rows.push({
        id: room.placeId,
        level: 2,
        label: room.name,
        end: room.capacity > 0 ? words.seats(room.capacity) : undefined,
        state: ask.chosen.has(room.placeId) ? 'on' : 'off',
        position: j + 1,
        of: rooms.length,
      }),
    )
  })
  return rows
}
