import { describe, expect, test } from 'vitest'
import { bodyOf, draftOf, inOrder, rebased, wrongRooms, type Draft, type Group, type GroupRoom, type GroupRule } from './groups.draft'

const room = (id: string): GroupRoom => ({ id, name: `Room ${id}`, building: '', city: '' })
const group = (more: Partial<Group> = {}): Group => ({
  id: 'g',
  name: 'London',
  description: '',
  kind: 'fixed',
  rules: [],
  rooms: 0,
  version: 1,
  changedAt: '2026-11-22T09:41:09Z',
  changedBy: '',
  editable: true,
  ...more,
})
const draft = (more: Partial<Draft> = {}): Draft => ({ name: 'London', description: '', kind: 'fixed', rooms: [], rules: [{}], ...more })

describe('the order of the list', () => {
  const list = [group({ id: 'a', rooms: 2, usedBy: 1 }), group({ id: 'b', rooms: 9 }), group({ id: 'c', rooms: 2, usedBy: 0 })]

  test.each([
    ['name', 'abc'],
    ['-name', 'cba'],
    ['rooms', 'acb'],
    ['-rooms', 'bac'],
    ['-used', 'acb'], // one whose use is hidden comes last
    ['nonsense', 'abc'],
  ])('%s', (sort, ids) => expect(inOrder(list, sort).map((g) => g.id).join('')).toBe(ids))
})

describe('what is sent', () => {
  test('a fixed group sends its rooms and no rules, a group by rules the other way round', () => {
    const both = draft({ name: ' London ', rooms: [room('1')], rules: [{ city: ['London'] }] })
    expect(bodyOf(both)).toEqual({ name: 'London', description: '', kind: 'fixed', rooms: ['1'] })
    expect(bodyOf({ ...both, kind: 'rules' })).toEqual({ name: 'London', description: '', kind: 'rules', rules: [{ city: ['London'] }] })
  })

  test('facts that were emptied again are left out', () => {
    const rules: GroupRule[] = [{ city: ['Lyon'], maker: [], capacityMin: undefined, capacityMax: 0 }]
    expect(bodyOf(draft({ kind: 'rules', rules })).rules).toEqual([{ city: ['Lyon'] }])
  })

  test('a change begins with what is there', () => {
    expect(draftOf(group({ kind: 'rules', rules: [{ floor: ['3'] }] }), [room('1')])).toEqual(draft({ kind: 'rules', rules: [{ floor: ['3'] }], rooms: [room('1')] }))
  })
})

describe('what is wrong', () => {
  test.each<[string, Partial<Draft>, boolean, readonly string[]]>([
    ['a new group without rooms', {}, true, ['roomNeeded']],
    ['a group that loses its last room', {}, false, []],
    ['a rule without facts', { kind: 'rules', rules: [{ city: ['Lyon'] }, { city: [] }] }, true, ['factNeeded']],
    ['seats the wrong way round', { kind: 'rules', rules: [{ capacityMin: 9, capacityMax: 4 }] }, true, ['seatsTurned']],
    ['seats without an upper bound', { kind: 'rules', rules: [{ capacityMin: 9 }] }, true, []],
    ['more values than the server takes', { kind: 'rules', rules: [{ city: Array.from({ length: 51 }, (_, i) => `c${i}`) }] }, true, ['tooManyValues']],
  ])('%s', (_, more, isNew, wrong) => expect(wrongRooms(draft(more), isNew)).toEqual(wrong))
})

test('my changes are made again on what somebody else has saved', () => {
  const was = draft({ rooms: ['1', '2', '3'].map(room) })
  const mine = draft({ description: 'mine', rooms: ['1', '2', '4'].map(room) })
  const latest = draft({ name: 'Greater London', description: 'theirs', rooms: ['2', '3', '5'].map(room) })
  const both = rebased(was, mine, latest)
  expect(both.name).toBe('Greater London')
  expect(both.description).toBe('mine')
  // Without 3, which I dropped; without 1, which they dropped; with 4 of mine and 5 of theirs.
  expect(both.rooms.map((r) => r.id)).toEqual(['2', '5', '4'])
})
