import { describe, expect, test } from 'vitest'
import { parseSearch, stringifySearch } from '../kit/address'
import { signinAddress } from '../api/signout'
import { backTo, refusalOf } from '../app/SignIn'

describe('search of an address', () => {
  test.each<[string, Record<string, string | string[]>]>([
    ['', {}],
    ['?q=123', { q: '123' }],
    ['?q=true', { q: 'true' }],
    ['?severity=critical&severity=important', { severity: ['critical', 'important'] }],
    ['?severity=', { severity: '' }],
    ['?q=a%26b+c%3D%C3%A9', { q: 'a&b c=é' }],
  ])('%s goes round unchanged', (text, search) => {
    expect(parseSearch(text)).toEqual(search)
    expect(parseSearch(stringifySearch(search))).toEqual(search)
  })

  test('what is absent leaves no trace', () => {
    expect(stringifySearch({ q: undefined, open: null, owner: [] })).toBe('')
  })
})

describe('sign-in addresses', () => {
  test('carry side, name and the way back', () => {
    expect(signinAddress({})).toBe('/signin')
    expect(signinAddress({ side: 'partner', login: 'a+b@partner.example', back: '/c/1/rooms?q=a b' })).toBe(
      '/signin?side=partner&login_hint=a%2Bb%40partner.example&return=%2Fc%2F1%2Frooms%3Fq%3Da+b',
    )
  })

  test.each([
    ['partner', '/rooms', '?q=1', '/rooms?q=1'],
    ['customer', '/portal/rooms', '', '/portal/rooms'],
    ['customer', '/portal', '', '/portal'],
    ['customer', '/rooms', '', undefined],
    ['partner', '/portal', '', undefined],
    ['partner', '/portals', '', '/portals'],
    ['partner', '/', '', undefined],
    ['partner', '/welcome', '?error=guest', undefined],
  ] as const)('%s at %s%s comes back to %s', (side, path, search, back) => {
    expect(backTo(side, path, search)).toBe(back)
  })

  test('a refusal of a newer server has words too', () => {
    expect(refusalOf(new URLSearchParams('error=guest'))).toBe('guest')
    expect(refusalOf(new URLSearchParams('error=flux'))).toBe('invalid')
    expect(refusalOf(new URLSearchParams('request=1'))).toBeUndefined()
  })
})
