import { describe, expect, test } from 'vitest'
import { signinAddress } from '../api/signout'
import { byDemand, failedStepUp, waitingOf } from '../app/stepUp'
import { refusalOf } from '../app/SignIn'
import type { Holding } from '../api/me'
import { member, people } from './world'

const c1 = { id: 'c1', name: 'Phishing-resistant MFA', offered: true }
const c2 = { id: 'c2', name: 'c2', offered: false }
const held = (customerId: string, stepUp?: Holding['stepUp']): Holding => ({
  customerId,
  customerName: customerId.toUpperCase(),
  state: stepUp ? 'strong-auth' : 'active',
  permissions: [],
  everywhere: [],
  approves: [],
  ...(stepUp && { stepUp }),
})

describe('customers that demand a stronger sign-in', () => {
  test('are those that wait, in order, one group for each sign-in', () => {
    const waiting = waitingOf(member({}, [held('a', c1), held('b'), held('c', c2), held('d', c1)]))
    expect(waiting.map((one) => one.name)).toEqual(['A', 'C', 'D'])
    expect(byDemand(waiting).map((group) => group.map((one) => one.customer))).toEqual([['a', 'd'], ['c']])
    expect(waitingOf(people.primaryAdmin)).toEqual([])
    expect(waitingOf(people.withdrawn)).toEqual([])
    expect(byDemand([])).toEqual([])
  })

  test('are reached by an address that comes back', () => {
    expect(signinAddress({ stepUp: 'c1', back: '/rooms?open=1&q=a b' })).toBe('/signin?step_up=c1&return=%2Frooms%3Fopen%3D1%26q%3Da+b')
  })
})

describe('a step-up that did not work', () => {
  const told = (search: string) => failedStepUp(new URLSearchParams(search))
  test('leads back to where the person was', () => {
    expect(told('error=step-up-cancelled&step_up=c1&return=%2Frooms%3Fopen%3D1')).toEqual({ context: 'c1', back: '/rooms?open=1' })
    expect(told('error=unavailable&step_up=c99&return=%2F')).toEqual({ context: 'c99', back: '/' })
    expect(told('error=step-up-missing&step_up=c1')).toEqual({ context: 'c1', back: '/' })
    expect(told('error=denied')).toBeUndefined()
  })

  test.each(['//evil.example/', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', ' /x', 'rooms', '/\t/evil.example'])('never leads to %j', (path) => {
    expect(told(`error=invalid&step_up=c1&return=${encodeURIComponent(path)}`)).toEqual({ context: 'c1', back: '/' })
  })

  test.each(['', 'c0', 'c100', 'x', 'c1&', '"c1'])('of no context %j is one like any other', (context) => {
    expect(told(`error=invalid&step_up=${encodeURIComponent(context)}`)).toBeUndefined()
  })

  test('has words of its own', () => {
    for (const code of ['step-up-cancelled', 'step-up-refused', 'step-up-missing'] as const) {
      expect(refusalOf(new URLSearchParams({ error: code }))).toBe(code)
    }
  })
})
