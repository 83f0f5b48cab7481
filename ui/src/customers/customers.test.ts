import { beforeAll, describe, expect, test } from 'vitest'
import { Format } from '../text/format'
import { startTexts } from '../text/i18n'
import common from '../text/common.en.json'
import type { TFunction } from 'i18next'
import { wordsOf } from './grant'
import { openIdOf, readOpenId } from './openid'
import { leaveRefusal } from './leave'
import { isFresh, isStarting } from './starting'
import en from './text.en.json'

const format = new Format('en', 'en-GB', 'UTC')
let t: TFunction<'customers'>
beforeAll(async () => {
  const i18n = await startTexts('en', { common, customers: en })
  t = i18n.getFixedT('en', 'customers') as TFunction<'customers'>
})

describe('the words of a grant', () => {
  test.each([
    [{ all: true }, ['All rooms, also those that come later.'], []],
    [{ all: false, rules: [{ country: 'FR' }] }, ['All rooms in France, also those that come later.'], []],
    [
      { all: false, rules: [{ city: 'Lyon', country: 'FR' }, { building: 'Part-Dieu' }], rooms: ['a', 'b'] },
      ['All rooms in Lyon, France, also those that come later.', 'All rooms in Part-Dieu, also those that come later.', '2 single rooms.'],
      [],
    ],
    // Before acceptance single rooms are not named: only that they were chosen.
    [{ all: false, rules: null, rooms: null }, ['Rooms that they chose one by one.'], []],
    [{ all: true, except: [{ building: 'Annex', city: 'London' }] }, ['All rooms, also those that come later.'], ['Rooms in Annex (London), also those that come later.']],
  ])('%j', (grant, covers, except) => {
    expect(wordsOf(grant, format, t)).toEqual({ covers, except })
  })

})

describe('a first collection', () => {
  const now = Date.parse('2026-11-23T12:00:00Z')
  const started = { kind: 'customer', state: 'active', mine: true, acceptedAt: '2026-11-23T11:59:00Z', dataAt: undefined } as const

  test.each([
    ['is waited for', {}, true],
    ['is over when there are data', { dataAt: '2026-11-23T11:59:30Z' }, false],
    ['is not seen without a role', { mine: false }, false],
    ['does not run without consent', { state: 'consent-withdrawn' as const }, false],
    ['is not an invitation’s', { kind: 'invitation' as const }, false],
    ['is not watched for ever', { acceptedAt: '2026-11-23T11:44:00Z' }, false],
  ])('%s', (_, change, expected) => {
    expect(isStarting({ ...started, ...change }, now)).toBe(expected)
  })

  test('is news for five minutes', () => {
    expect(isFresh({ acceptedAt: '2026-11-23T11:55:01Z' }, now)).toBe(true)
    expect(isFresh({ acceptedAt: '2026-11-23T11:54:59Z' }, now)).toBe(false)
    expect(isFresh({}, now)).toBe(false)
  })
})

test('the address tells an invitation from a customer', () => {
  for (const entry of [
    { kind: 'invitation', id: '7qhf69ry02n54' },
    { kind: 'customer', id: '7qhf69ry02n54' },
  ] as const) {
    expect(readOpenId(openIdOf(entry))).toEqual(entry)
  }
  expect(openIdOf({ kind: 'customer', id: 'a' })).toBe('a')
})

test.each([
  ['a primary admin', { state: 'active', primaryAdmin: true }, undefined],
  ['a primary admin, while the views are closed', { state: 'consent-withdrawn', primaryAdmin: true }, undefined],
  ['who holds everything and is none', { state: 'active', primaryAdmin: false }, 'Only a primary admin of Contoso can remove it.'],
  ['anybody, when none can act', { state: 'without-admin', primaryAdmin: false }, 'Only a primary admin can remove it, and there is none who can act.'],
] as const)('removing is refused: %s', (_, customer, why) => {
  expect(leaveRefusal({ name: 'Contoso', ...customer }, t)).toBe(why)
})
