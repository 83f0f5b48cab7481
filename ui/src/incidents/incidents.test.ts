import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Ask } from '../kit/list/spec'
import { askOf } from '../kit/list/state'
import { categories, categoryOf, signalOf, signalTexts } from '../kit/signal'
import common from '../text/common.en.json'
import commun from '../text/common.fr.json'
import { filtersOf, parts, sortOf, states } from './ask'
import { daysOf, openDays } from './days'
import words from './text.en.json'
import mots from './text.fr.json'

const ask = (search: Record<string, string | string[]> = {}, all = true): Ask => askOf(search, parts, { all })

describe('what the address asks', () => {
  test('at first: what needs action, critical and important, worst first', () => {
    expect(filtersOf('all', ask())).toMatchObject({ state: ['active'], severity: ['critical', 'important'], customer: undefined, room: undefined })
    expect(sortOf(ask().sort)).toBe('severity')
  })

  test('all of a room', () => {
    const found = filtersOf('all', ask({ room: 'r1', state: 'all', severity: '' }))
    expect(found).toMatchObject({ room: 'r1', state: [...states], severity: [] })
  })

  test('words of another version narrow nothing', () => {
    const found = filtersOf('all', ask({ state: 'lost', severity: ['critical', 'dire'], category: 'audio', sort: 'target' }))
    expect(found).toMatchObject({ state: ['active'], severity: ['critical'], category: [] })
    expect(sortOf(ask({ sort: 'target' }).sort)).toBe('severity')
  })

  test('the customer filter counts only under all customers', () => {
    expect(filtersOf('all', ask({ customer: 'b' })).customer).toBe('b')
    expect(filtersOf('a', ask({ customer: 'b' }, false)).customer).toBe('a')
  })
})

test('the strip has the severity on the days when it was open', () => {
  const incident = { days30: [false, true, true], severity: 'important' as const }
  expect(daysOf(incident)).toEqual(['none', 'important', 'important'])
  expect(openDays(incident)).toBe(2)
})

describe('every signal of the server has words', () => {
  const source = readFileSync(fileURLToPath(new URL('../../../app/incidents/signals.go', import.meta.url)), 'utf8')
  // The constants of the ids: `RoomCamera = "room-camera"`; displays are a prefix with a number.
  const block = /\/\/ The ids of the signals[\s\S]*?const \(([\s\S]*?)\n\)/.exec(source)?.[1] ?? ''
  const ids = [...block.matchAll(/= "([a-z-]+)"/g)].map((m) => (m[1] === 'display-' ? 'display-0' : (m[1] ?? '')))

  test('the catalogue is found', () => {
    expect(ids.length).toBe(signalTexts.length)
    expect(ids).toContain('room-camera')
  })

  test.each(ids)('%s', (id) => {
    const known = signalOf(id)
    expect(known).toBeDefined()
    if (!known) return
    for (const language of [words, mots]) {
      const { title, means, todo } = language.signals[known.text]
      expect(title.length).toBeLessThanOrEqual(34)
      expect(means).toMatch(/\.$/)
      for (const step of todo.split('\n')) expect(step).toMatch(/\.$/)
      expect(todo.split('\n').length).toBeGreaterThan(1)
    }
    for (const language of [common, commun]) expect(language.device.signal[known.text]).not.toBe('')
    // The category is the server's: `{RoomCamera, Hardware, …`.
    const name = new RegExp(`(\\w+)\\s+= "${id === 'display-0' ? 'display-' : id}"`).exec(block)?.[1] ?? ''
    const rated = new RegExp(`\\{${name}(?: \\+ "0")?, (\\w+),`).exec(source)?.[1]?.toLowerCase()
    expect(categoryOf(id)).toBe(rated)
  })

  test('displays are counted from one', () => {
    expect(signalOf('display-0')).toEqual({ text: 'display', number: 1 })
    expect(signalOf('display-x')).toBeUndefined()
    expect(signalOf('display')).toBeUndefined()
    expect(signalOf('quantum-flux')).toBeUndefined()
    expect(categories).toContain(categoryOf('quantum-flux'))
  })
})
