import { describe, expect, test } from 'vitest'
import { Format } from '../text/format'
import { groupsOf, placesOf, type Places } from './choice'
import type { OwnRoom } from './queries'
import { placeRows, roomRows, type RowWords } from './rows'

const format = new Format('en', 'en-GB', 'UTC')
const words: RowWords = {
  unknown: (level) => `unknown ${level}`,
  noRule: 'no rule',
  leftOutWith: 'left out',
  rooms: (count) => `${count} rooms`,
  seats: (count) => `${count} seats`,
}
const room = (name: string, country: string, city: string, building: string): OwnRoom => ({ placeId: name, name, country, city, building, floor: '', capacity: name === 'Atrium' ? 0 : 6 })
const rooms = [room('Atrium', 'US', 'Chicago', 'Wacker'), room('Boone', 'US', 'Chicago', 'Wacker'), room('Cary', 'US', 'Dallas', 'Trinity'), room('Dan', '', '', '')]
const places: Places = { all: true, rules: [], except: [{ country: 'US', city: 'Chicago' }] }
const look = (found: ReturnType<typeof placeRows>) => found.map((r) => `${r.level} ${r.label} ${r.state}${r.open === undefined ? '' : r.open ? ' open' : ' shut'}${r.locked === undefined ? '' : ` (${r.locked})`} ${r.position}/${r.of}`)

describe('rows of places', () => {
  const nodes = placesOf(rooms)
  test('opened as the person opened them; what a larger place leaves out is locked', () => {
    expect(look(placeRows(nodes, { places, opened: new Set(['/us', '/us/chicago']), find: '' }, format, words))).toEqual([
      '1 United States mixed open 1/2',
      '2 Chicago off open 1/2',
      '3 Wacker off (left out) 1/1',
      '2 Dallas on shut 2/2',
      '1 unknown 1 on shut (no rule) 2/2',
    ])
  })

  test('a search opens the way to what it finds, by the name that people read', () => {
    expect(look(placeRows(nodes, { places, opened: new Set(), find: ' TRIN' }, format, words))).toEqual([
      '1 United States mixed open 1/1',
      '2 Dallas on open 1/1',
      '3 Trinity on 1/1',
    ])
    expect(look(placeRows(nodes, { places, opened: new Set(), find: 'united' }, format, words))).toEqual(['1 United States mixed shut 1/1'])
    expect(placeRows(nodes, { places, opened: new Set(), find: 'nowhere' }, format, words)).toEqual([])
  })
})

describe('rows of rooms', () => {
  const groups = groupsOf(rooms)
  test('by building, with how much of it is chosen', () => {
    const found = roomRows(groups, { chosen: new Set(['Boone', 'Cary']), opened: new Set([groups[0]?.id ?? '']), find: '' }, format, words)
    expect(look(found)).toEqual(['1 Wacker mixed open 1/3', '2 Atrium off 1/2', '2 Boone on 2/2', '1 Trinity on shut 2/3', '1 unknown 3 off shut 3/3'])
    expect(found[0]).toMatchObject({ detail: 'Chicago, United States', end: '2 rooms' })
    expect(found[1]?.end).toBeUndefined() // no seats reported
    expect(found[2]?.end).toBe('6 seats')
  })

  test('a search finds rooms, or a whole building by its place', () => {
    expect(look(roomRows(groups, { chosen: new Set(), opened: new Set(), find: 'boo' }, format, words))).toEqual(['1 Wacker off open 1/1', '2 Boone off 1/1'])
    expect(look(roomRows(groups, { chosen: new Set(), opened: new Set(), find: 'chicago' }, format, words))).toHaveLength(3)
  })
})
