import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { api, ApiError, onSessionLost, unwrap } from '../api/client'
import { onSignedOutElsewhere, signOut } from '../api/signout'
import { key, showsAnyOf } from '../api/query'
import { changeOf } from '../app/session'
import { people } from './world'

function answer(status: number, body: unknown, type = 'application/problem+json') {
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers: { 'Content-Type': type } })
}
const fetched = vi.fn<typeof fetch>()
beforeEach(() => vi.stubGlobal('fetch', fetched))
afterEach(() => {
  vi.unstubAllGlobals()
  fetched.mockReset()
})
// Node's Request takes no address without a host, as a browser does.
const get = () => unwrap(api.GET('/api/me', { baseUrl: 'http://127.0.0.1/' }))

describe('a lost session', () => {
  test('is told once per answer, to those who still listen', async () => {
    const first = vi.fn()
    const second = vi.fn()
    const end = onSessionLost(first)
    onSessionLost(second)
    fetched.mockImplementation(async () => answer(401, { title: 'x', code: 'not-signed-in' }))
    await expect(get()).rejects.toMatchObject({ status: 401, code: 'not-signed-in' })
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1])
    end()
    await expect(get()).rejects.toBeInstanceOf(ApiError)
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 2])
  })

  test.each([403, 404, 409, 422, 500])('is not what %s means', async (status) => {
    const tell = vi.fn()
    const end = onSessionLost(tell)
    fetched.mockImplementation(async () => answer(status, { title: 'x', code: 'c' }))
    await expect(get()).rejects.toMatchObject({ status, code: 'c' })
    expect(tell).not.toHaveBeenCalled()
    end()
  })

  test('a page of a proxy is no problem of ours: nothing of it is shown', async () => {
    fetched.mockImplementation(async () => answer(502, '<h1>proxy says 10.0.0.7</h1>', 'text/html'))
    const error = await get().catch((e: unknown) => e)
    expect(error).toMatchObject({ status: 502, code: '', detail: '' })
    expect(JSON.stringify(error)).not.toContain('10.0.0.7')
  })
})

describe('a fresh answer of /api/me', () => {
  const before = people.primaryAdmin
  test.each([
    ['the first', undefined, before, []],
    ['the same', before, { ...before, version: '2' }, []],
    ['a customer less', before, { ...before, holdings: before.holdings.slice(1) }, [before.holdings[0]?.customerId]],
    ['a permission less', before, { ...before, holdings: before.holdings.map((h) => ({ ...h, permissions: ['rooms.view'] })) }, before.holdings.map((h) => h.customerId)],
    ['consent withdrawn', before, { ...before, holdings: before.holdings.map((h) => ({ ...h, state: 'consent-withdrawn' as const })) }, before.holdings.map((h) => h.customerId)],
    ['a power more', before, { ...before, powers: { ...before.powers, manager: true } }, 'powers'],
    ['somebody else', before, { ...before, session: 'session-2' }, 'person'],
  ] as const)('%s', (_, was, now, change) => {
    expect(changeOf(was, now)).toEqual(change)
  })
})

test('changed rights over a customer forget what shows something of it, and leave the rest', () => {
  const shows = (customer: string, feature: string) => showsAnyOf(['c1', 'c2'], { queryKey: key({ session: 's', customer }, feature, 'list', {}) })
  expect(['c1', 'c2', 'all', 'c3'].map((customer) => shows(customer, 'rooms'))).toEqual([true, true, true, false])
  expect(['c1', 'all', 'c3'].map((customer) => shows(customer, 'access'))).toEqual([true, false, false])
})

describe('signing out', () => {
  test('is a POST with the header that no foreign form can send, and tells the other tabs', async () => {
    const told = new Promise<void>((resolve) => {
      const end = onSignedOutElsewhere(() => {
        end()
        resolve()
      })
    })
    fetched.mockImplementation(async () => answer(200, { url: '/welcome' }, 'application/json'))
    await expect(signOut()).resolves.toBe('/welcome')
    expect(fetched).toHaveBeenCalledWith('/signout', expect.objectContaining({ method: 'POST', headers: { 'X-Roomward-Request': '1' } }))
    await told
  })

  test('that the server did not do is not one', async () => {
    const tell = vi.fn()
    const end = onSignedOutElsewhere(tell)
    fetched.mockImplementation(async () => answer(503, { code: 'unavailable' }))
    await expect(signOut()).rejects.toMatchObject({ status: 503 })
    expect(tell).not.toHaveBeenCalled()
    end()
  })
})
