import { describe, expect, test } from 'vitest'
import { ApiError } from '../api/client'
import { byFeature, withTick } from '../kit/permission'
import common from '../text/common.en.json'
import { noEffect, nothingBehind, sameSet, viewOnly } from './ceiling'
import { domainOf } from './check'
import { isDays } from './draft'
import { spotOf } from './refusal'
import en from './text.en.json'

const catalogue = ['rooms.view', 'rooms.modify', 'rooms.act', 'tickets.view', 'tickets.update']

describe('the ceiling', () => {
  test('by kind of thing, in order', () => {
    expect(byFeature(catalogue)).toEqual([
      { feature: 'rooms', names: ['rooms.view', 'rooms.modify', 'rooms.act'] },
      { feature: 'tickets', names: ['tickets.view', 'tickets.update'] },
    ])
  })

  test('who changes must see, and who may not see cannot change', () => {
    expect(withTick([], 'rooms.act', true, catalogue)).toEqual(['rooms.view', 'rooms.act'])
    expect(withTick(catalogue, 'rooms.view', false, catalogue)).toEqual(['tickets.view', 'tickets.update'])
    expect(withTick(catalogue, 'rooms.act', false, catalogue)).toEqual(['rooms.view', 'rooms.modify', 'tickets.view', 'tickets.update'])
  })

  test('looking only', () => {
    expect(viewOnly(catalogue)).toEqual(['rooms.view', 'tickets.view'])
    expect(sameSet(['a', 'b'], ['b', 'a'])).toBe(true)
    expect(sameSet(['a'], ['a', 'b'])).toBe(false)
  })

  test('every permission of the table has its word and its sentence', () => {
    const may: Record<string, Record<string, string>> = en.may
    const words: Record<string, Record<string, string>> = common.permission
    const named = Object.entries(may).flatMap(([feature, list]) => Object.keys(list).map((name) => `${feature}.${name}`))
    expect(named).toHaveLength(21) // policy/roles.csv
    for (const name of [...named, ...nothingBehind, ...noEffect]) {
      const [feature = '', verb = ''] = name.split('.')
      expect([name, words[feature]?.[verb], words[feature]?.['is']]).not.toContain(undefined)
    }
  })
})

describe('what the server refuses is said where it was entered', () => {
  const refused = (code: string, location?: string) =>
    new ApiError(422, { code, ...(location !== undefined && { errors: [{ location, message: 'no' }] }) })
  test.each([
    [refused('partner-unknown', 'body.partnerDomain'), 'domain'],
    [refused('tenant-not-listed'), 'domain'],
    [refused('code-unknown'), 'code'],
    [refused('expiry-out-of-range'), 'days'],
    [refused('invalid', 'body.expiresInDays'), 'days'],
    [refused('invalid', 'body.grant.rules[2].city'), 'rooms'],
    [refused('invalid', 'body.grant'), 'rooms'],
    [refused('invalid', 'body.ceiling[3]'), 'permissions'],
    [refused('invalid', 'body.agreedTerms'), 'terms'],
    [refused('relation-exists'), undefined],
    [refused('invitation-pending'), undefined],
    [refused('invalid', 'body.unheardOf'), undefined],
    [new TypeError('network'), undefined],
  ])('%s %#', (error, spot) => {
    expect(spotOf(error)).toBe(spot)
  })

  test('domains are compared without case, space and the last dot', () => {
    expect(domainOf(' Partner.Example. ')).toBe('partner.example')
  })

  test.each([
    [1, true],
    [30, true],
    [0, false],
    [31, false],
    [2.5, false],
    [undefined, false],
  ])('%s days: %s', (days, good) => {
    expect(isDays(days)).toBe(good)
  })
})
