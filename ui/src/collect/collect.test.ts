import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { people } from '../test/world'
import { Format } from '../text/format'
import { mayCollect } from './now'
import { groups, isState, needsConsent, states, statesOf } from './states'
import { countSlots } from './Strip'
import en from './text.en.json'
import fr from './text.fr.json'
import { took } from './took'

describe('the states', () => {
  /** The contract names every code: the description of the customer's state in the document. */
  const documented = (() => {
    const document = JSON.parse(readFileSync(new URL('../../../testdata/openapi.json', import.meta.url), 'utf8')) as {
      components: { schemas: Record<string, { properties: Record<string, { description?: string }> }> }
    }
    const words = document.components.schemas['Customer']?.properties['state']?.description ?? ''
    return words.replace(/^[^:]*: /, '').replace(/\.$/, '').split(', ')
  })()

  test('are those of the server, each with its words in both languages', () => {
    expect(documented).toContain('devices-gone')
    expect([...states].sort()).toEqual([...documented].sort())
    expect(Object.keys(en.state).sort()).toEqual([...documented].sort())
    for (const state of states) {
      for (const words of [en.state[state], fr.state[state]]) {
        expect(words.label.length).toBeGreaterThan(1)
        expect(words.label.length).toBeLessThanOrEqual(28)
        expect(words.text).toMatch(/\.$/)
        expect(words.todo).toMatch(/\.$/)
      }
    }
    expect(isState('sleeping')).toBe(false)
  })

  test('each stands in one tab', () => {
    expect(new Set(states).size).toBe(states.length)
  })

  test.each([
    ['', undefined, undefined],
    ['', ['ok'], ['ok']],
    ['ok', undefined, ['ok']],
    ['act', undefined, groups.act],
    ['wait', ['throttled', 'ok'], ['throttled']],
    // Nothing is in both: an empty question would mean everything.
    ['act', ['ok'], ['none']],
    ['nonsense', undefined, undefined],
  ])('tab %j with the filter %j', (tab, filter, expected) => {
    expect(statesOf(tab, filter)).toEqual(expected)
  })

  test('the consent link is offered where consent is what is missing', () => {
    expect(states.filter(needsConsent).sort()).toEqual(['consent-withdrawn', 'never-consented', 'permission-missing'])
  })
})

test.each([
  [0, '0\u00a0s'],
  [40, '<\u00a00.1\u00a0s'],
  [440, '0.4\u00a0s'],
  [9_949, '9.9\u00a0s'],
  [12_400, '12\u00a0s'],
  [90_000, '2\u00a0min'],
  [-5, '0\u00a0s'],
])('%i ms is %j', (milliseconds, expected) => {
  expect(took(milliseconds, new Format('en', 'en-GB', 'UTC'))).toBe(expected)
})

test('in French the comma', () => {
  expect(took(440, new Format('fr', 'fr-FR', 'UTC'))).toBe('0,4\u00a0s')
})

test('a strip is counted by its words; an unknown one is no run', () => {
  expect(countSlots(['good', 'failed', 'none', 'good', 'later'])).toEqual({ good: 2, failed: 1, none: 2 })
})

test('who may ask for a collection', () => {
  expect(mayCollect(people.primaryAdmin, 'northwind')).toBe(true)
  expect(mayCollect(people.primaryAdmin, 'tailspin')).toBe(false)
  // The views are closed, and asking again is how they open.
  expect(mayCollect(people.withdrawn, 'fabrikam')).toBe(true)
  expect(mayCollect(people.manager, 'northwind')).toBe(false)
})
