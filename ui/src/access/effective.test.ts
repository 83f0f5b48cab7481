import type { TFunction } from 'i18next'
import { beforeAll, describe, expect, test } from 'vitest'
import common from '../text/common.en.json'
import { Format } from '../text/format'
import { startTexts } from '../text/i18n'
import type { Answer, Chain, Check } from './effective.queries'
import { becauseOf, headlineOf, linksOf, mark, otherReason, placeOf, remedyOf, roleOf, shareOf } from './effective.words'
import en from './text.en.json'

const format = new Format('en', 'en-GB', 'UTC')
let t: TFunction<'access'>
beforeAll(async () => {
  const i18n = await startTexts('en', { common, access: en })
  t = i18n.getFixedT('en', 'access') as TFunction<'access'>
})

const ada = { kind: 'user', id: 'u1', name: 'Ada' } as const
const desk = { kind: 'group', id: 'g1', name: 'Desk' } as const
const room = { id: 'r1', name: 'Boardroom 12', building: 'Quay', city: 'London' }
const chain: Chain = {
  assignment: 'a1',
  assignmentName: 'Tier 1',
  role: 'x1',
  roleName: 'Help desk',
  builtIn: false,
  via: desk,
  scope: { kind: 'group', id: 'G', name: 'London', rooms: 58 },
}
const inRoom: Answer = {
  question: { member: ada, permission: 'tickets.update', room },
  allowed: true,
  rooms: { all: 1, allowed: 1 },
  chains: [chain],
  permissions: [],
  people: [],
  hidden: false,
}
const broken = (why: NonNullable<Chain['broken']>, more: Partial<Chain> = {}): Answer => ({
  ...inRoom,
  allowed: false,
  broken: why,
  chains: [{ ...chain, broken: why, scope: why === 'scope' ? undefined : chain.scope, ...more }],
})
const anywhere = (answer: Answer, allowed: number): Answer => ({ ...answer, question: { ...answer.question, room: undefined }, rooms: { all: 212, allowed } })
const said = (answer: Answer) => headlineOf(answer, 'Northwind', t, format).text
/** The chain as a person reads it: + holds, - breaks. */
const read = (answer: Answer) =>
  linksOf(answer.chains[0], answer, 'Northwind', t, format).map((link) => `${link.ok ? '+' : '-'} ${link.text.replace(mark, link.name)}`)

describe('the headline', () => {
  test.each<[string, () => Answer, string]>([
    ['yes', () => inRoom, 'Yes. Ada may update incidents in Boardroom 12.'],
    ['in some rooms', () => anywhere(inRoom, 58), 'Yes. Ada may update incidents in 58 of 212 rooms.'],
    ['in all rooms', () => anywhere(inRoom, 212), 'Yes. Ada may update incidents in all 212 rooms.'],
    ['the ceiling', () => broken('ceiling'), 'No. Ada may not update incidents in Boardroom 12, because the ceiling of Northwind leaves it out.'],
    ['the role', () => broken('role'), 'No. Ada may not update incidents in Boardroom 12, because no role of theirs has this permission.'],
    ['ended', () => broken('ended', { until: '2026-11-03T12:00:00Z' }), 'No. Ada may not update incidents in Boardroom 12, because the assignment Tier 1 ended on 3 Nov 2026.'],
    ['outside', () => broken('scope'), 'No. Ada may not update incidents in Boardroom 12, because no assignment that gives it covers Boardroom 12.'],
    ['nothing names them', () => anywhere({ ...inRoom, allowed: false, broken: 'no-assignment', chains: [] }, 0), 'No. Ada may not update incidents in any room, because no assignment names them.'],
    ['closed', () => ({ ...inRoom, allowed: false, broken: 'closed', chains: [] }), 'No. Ada may not update incidents in Boardroom 12, because the data of Northwind are closed for everybody.'],
    ['of a room', () => ({ ...inRoom, question: { room }, people: [{ member: desk, permissions: [], chains: [] }] }), '1 person or group reaches Boardroom 12.'],
    ['of a room that nobody reaches', () => ({ ...inRoom, question: { room } }), 'Nobody reaches Boardroom 12 by an assignment that you may see.'],
  ])('%s', (_, answer, sentence) => {
    expect(said(answer())).toBe(sentence)
  })

  test('two ways are said', () => {
    expect(headlineOf({ ...inRoom, chains: [chain, { ...chain, assignment: 'a2' }] }, 'Northwind', t, format).sub).toBe('2 assignments allow it. One would be enough.')
    expect(headlineOf({ ...inRoom, chains: [chain, { ...chain, via: ada }] }, 'Northwind', t, format).sub).toBeUndefined()
    expect(headlineOf(inRoom, 'Northwind', t, format).sub).toBeUndefined()
  })
})

describe('the chain', () => {
  test('of a yes has every link', () => {
    expect(read(inRoom)).toEqual([
      '+ Ada is in the group Desk',
      '+ The group is a member of the assignment Tier 1',
      '+ The assignment gives the role Help desk, which lets its members update incidents',
      '+ The ceiling of Northwind lets you update incidents',
      '+ The assignment covers the group London, which has Boardroom 12',
    ])
  })

  test('of a member who is named itself has no group', () => {
    expect(read({ ...inRoom, chains: [{ ...chain, via: ada, scope: { kind: 'all', rooms: 212 } }] })).toEqual([
      '+ Ada is a member of the assignment Tier 1',
      '+ The assignment gives the role Help desk, which lets its members update incidents',
      '+ The ceiling of Northwind lets you update incidents',
      '+ The assignment covers all rooms that Northwind granted',
    ])
  })

  test.each([
    ['role', 3, '- The assignment gives the role Help desk, which does not let its members update incidents'],
    ['ceiling', 4, '- The ceiling of Northwind does not let you update incidents'],
    ['not-begun', 5, '- The assignment begins only on 3 Nov 2026, 12:00'],
    ['ended', 5, '- The assignment ended on 3 Nov 2026, 12:00'],
    ['scope', 5, '- The assignment does not cover Boardroom 12'],
  ] as const)('stops at the link that breaks: %s', (why, length, last) => {
    const at = '2026-11-03T12:00:00Z'
    const links = read(broken(why, why === 'not-begun' ? { from: at } : why === 'ended' ? { until: at } : {}))
    expect(links).toHaveLength(length)
    expect(links.at(-1)).toBe(last)
    expect(links.filter((link) => link.startsWith('-'))).toHaveLength(1)
  })

  test('of an assignment that may not be seen tells the role only', () => {
    expect(read({ ...inRoom, chains: [{ role: 'x1', roleName: 'Help desk', builtIn: false }] })).toEqual(['+ An assignment that you may not see gives the role Help desk'])
  })
})

test('every break has its short words, its reason and its remedy', () => {
  for (const why of ['role', 'ceiling', 'not-begun', 'ended', 'scope'] as const) {
    const answer = broken(why)
    const [first = chain] = answer.chains
    const check: Check = { permission: 'tickets.update', allowed: false, because: first, broken: why, rooms: 0, where: [], moreWhere: 0 }
    for (const text of [becauseOf(check, t, format), otherReason(first, answer, t, format), remedyOf(answer, 'Northwind', t)]) {
      expect(text).toBeTruthy()
      expect(text).not.toMatch(/check\.|\{\{/)
    }
  }
  expect(remedyOf(inRoom, 'Northwind', t)).toBeUndefined()
})

test('every permission has its words', () => {
  const all = Object.entries(en.check.do).flatMap(([feature, deeds]) => Object.keys(deeds).map((deed) => `${feature}.${deed}`))
  expect(all).toHaveLength(21)
})

test('where a permission is held', () => {
  expect(placeOf({ kind: 'all', rooms: 212 }, t)).toBe('All granted rooms')
  expect(placeOf({ kind: 'group', id: 'G', name: 'London', rooms: 1 }, t)).toBe('Group London, 1 room')
  expect(placeOf({ kind: 'room', id: 'r1', name: 'Boardroom 12', rooms: 1 }, t)).toBe('Boardroom 12')
  const check: Check = { permission: 'rooms.view', allowed: true, rooms: 24, where: [], moreWhere: 0 }
  expect(shareOf(check, 212, t, format)).toBe('24 of 212')
  expect(shareOf(check, 24, t, format)).toBe('All 24')
  expect(shareOf({ ...check, rooms: 0 }, 0, t, format)).toBe('Yes')
})

test('the built-in role has its name in the language of the page', () => {
  expect(roleOf({ ...chain, builtIn: true, roleName: 'Stored' }, t)).toBe(en.roles.primaryAdmins)
  expect(roleOf(chain, t)).toBe('Help desk')
})
