import { describe, expect, test } from 'vitest'
import { everything, grantOf, groupsOf, placed, placesOf, standingOf, toggled, type PlaceNode, type Places } from './choice'
import type { GrantRule, OwnRoom } from './queries'

const room = (name: string, country: string, city: string, building: string): OwnRoom => ({
  placeId: `p-${name}`,
  name,
  country,
  city,
  building,
  floor: '1',
  capacity: 4,
})
const rooms = [
  room('a', 'US', 'New York', 'Liberty'),
  room('b', 'US', 'New York', 'Treasury'),
  room('c', 'US', 'Chicago', 'Wacker'),
  room('d', 'us', ' chicago ', 'Wacker'),
  room('e', 'FR', 'Zu\u0308rich', 'Gare'),
  room('f', 'FR', 'Z\u00fcrich', 'Gare'),
  room('g', 'FR', '', 'Somewhere'),
]
const us: GrantRule = { country: 'US' }
const chicago: GrantRule = { country: 'US', city: 'Chicago' }
const newYork: GrantRule = { country: 'US', city: 'New York' }
const treasury: GrantRule = { country: 'US', city: 'New York', building: 'Treasury' }
const nothing: Places = { all: false, rules: [], except: [] }
const all: Places = { all: true, rules: [], except: [] }

describe('places of rooms', () => {
  const flat = (nodes: readonly PlaceNode[]): string[] => nodes.flatMap((n) => [`${'-'.repeat(n.level)}${n.name}:${n.rooms}`, ...flat(n.children)])

  test('case, space and the way an accent is written do not make two places', () => {
    expect(flat(placesOf(rooms))).toEqual([
      '-US:4',
      '--New York:2',
      '---Liberty:1',
      '---Treasury:1',
      '--Chicago:2',
      '---Wacker:2',
      '-FR:3',
      '--Zu\u0308rich:2',
      '---Gare:2',
      '--:1',
      '---Somewhere:1',
    ])
  })

  test('a place whose facts are not all reported has no rule: it would cover more than it says', () => {
    const [, france] = placesOf(rooms)
    expect(france?.rule).toEqual({ country: 'FR' })
    const blank = france?.children.find((city) => city.name === '')
    expect(blank?.rule).toBeUndefined()
    expect(blank?.children[0]?.rule).toBeUndefined()
  })

  test('rooms by building', () => {
    expect(groupsOf(rooms).map((group) => [group.building, group.rooms.map((r) => r.name).join('')])).toEqual([
      ['Liberty', 'a'],
      ['Treasury', 'b'],
      ['Wacker', 'cd'],
      ['Gare', 'ef'],
      ['Somewhere', 'g'],
    ])
  })
})

describe('ticking places', () => {
  test('a place, and back', () => {
    const once = toggled(us, nothing)
    expect(once).toEqual({ ...nothing, rules: [us] })
    expect(standingOf(us, once)).toBe('on')
    expect(standingOf(treasury, once)).toBe('on')
    expect(standingOf({ country: 'FR' }, once)).toBe('off')
    expect(toggled(us, once)).toEqual(nothing)
  })

  test('unticking within a chosen place is an exception, which locks what it holds', () => {
    const without = toggled(newYork, toggled(us, nothing))
    expect(without).toEqual({ all: false, rules: [us], except: [newYork] })
    expect([us, newYork, treasury, chicago].map((place) => standingOf(place, without))).toEqual(['mixed', 'off', 'locked', 'on'])
    expect(toggled(treasury, without)).toBe(without)
    expect(toggled(newYork, without)).toEqual({ all: false, rules: [us], except: [] })
  })

  test('a larger exception takes the smaller ones in', () => {
    const small = toggled(treasury, all)
    expect(small.except).toEqual([treasury])
    expect(standingOf(newYork, small)).toBe('mixed')
    // A half-ticked place becomes whole first, then goes out whole.
    expect(toggled(newYork, small)).toEqual(all)
    expect(toggled(newYork, all).except).toEqual([newYork])
  })

  test('a larger place takes the smaller ones in', () => {
    const two = toggled(chicago, toggled(treasury, nothing))
    expect(standingOf(us, two)).toBe('mixed')
    expect(standingOf(newYork, two)).toBe('mixed')
    expect(toggled(us, two)).toEqual({ ...nothing, rules: [us] })
  })

  test('taking a place out takes its exceptions along, and no others', () => {
    const both: Places = { all: false, rules: [us, { country: 'FR' }], except: [{ country: 'FR', city: 'Lyon' }] }
    expect(toggled(us, both)).toEqual({ all: false, rules: [{ country: 'FR' }], except: [{ country: 'FR', city: 'Lyon' }] })
  })
})

describe('a rule that does not say where its place lies', () => {
  const nodes = placesOf([...rooms, room('h', 'FR', 'Lyon', 'Wacker')])
  const annex: Places = { ...all, except: [{ building: 'treasury' }] }

  test('shows where its place is, and in what holds it', () => {
    const seen = placed(annex, nodes)
    expect([us, newYork, treasury, chicago, { country: 'FR' }].map((place) => standingOf(place, seen))).toEqual(['mixed', 'mixed', 'off', 'on', 'on'])
  })

  test('goes when its place is ticked, and stays as it was written when another one is', () => {
    expect(toggled(treasury, annex, nodes)).toEqual(all)
    expect(toggled(us, annex, nodes)).toEqual(all)
    expect(toggled(chicago, annex, nodes)).toEqual({ ...all, except: [{ building: 'treasury' }, chicago] })
  })

  test('keeps the places of the same name that were not ticked', () => {
    const wackers: Places = { ...all, except: [{ building: 'Wacker' }] }
    expect(toggled(chicago, wackers, nodes)).toEqual({ ...all, except: [{ country: 'FR', city: 'Lyon', building: 'Wacker' }] })
    const chosen: Places = { ...nothing, rules: [{ building: 'Treasury' }] }
    expect(toggled(treasury, chosen, nodes)).toEqual(nothing)
    expect(toggled(us, chosen, nodes)).toEqual({ ...nothing, rules: [us] })
  })

  test('of which nothing is there now means itself', () => {
    expect(placed({ ...all, except: [{ city: 'Nowhere' }] }, nodes).except).toEqual([{ city: 'Nowhere' }])
  })
})

describe('the grant of a choice', () => {
  test.each([
    ['everything', everything, { all: true }],
    ['all but', { ...everything, whole: { ...all, except: [treasury] } }, { all: true, except: [treasury] }],
    ['no place', { ...everything, mode: 'places' as const }, undefined],
    ['places', { ...everything, mode: 'places' as const, part: { ...nothing, rules: [us], except: [chicago] } }, { all: false, rules: [us], except: [chicago] }],
    ['no room', { ...everything, mode: 'rooms' as const }, undefined],
    ['rooms in order, whatever was ticked in other modes', { mode: 'rooms' as const, whole: { ...all, except: [us] }, part: { ...nothing, rules: [us] }, rooms: new Set(['z', 'a']) }, { all: false, rooms: ['a', 'z'] }],
  ])('%s', (_, choice, grant) => {
    expect(grantOf(choice)).toEqual(grant)
  })
})
