import { createDarkTheme, createLightTheme } from '@fluentui/react-components'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { matching, recentOf, used } from '../app/customers'
import { deedOf, nextRegion, type Press } from '../app/keys'
import { densityOf, lookOf, ownTokens, themeOf } from '../app/theme'
import type { Holding } from '../api/me'

const press = (key: string, more: Partial<Press> = {}): Press => ({ key, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, ...more })

describe('keys of the frame', () => {
  test.each<[Press, boolean, boolean, unknown]>([
    [press('/'), false, true, { kind: 'search' }],
    [press('?', { shiftKey: true }), false, true, { kind: 'help' }],
    [press('g'), false, true, { kind: 'g' }],
    [press('r'), true, true, { kind: 'go', page: 'rooms' }],
    [press('i'), true, true, { kind: 'go', page: 'incidents' }],
    [press('c'), true, true, { kind: 'go', page: 'customers' }],
    [press('F6'), false, true, { kind: 'region' }],
    [press('F6', { shiftKey: true }), false, false, { kind: 'region-back' }],
    // Not ours:
    [press('r'), false, true, undefined],
    [press('z'), true, true, undefined],
    [press('toString'), true, true, undefined],
    [press('/', { ctrlKey: true }), false, true, undefined],
    [press('g', { metaKey: true }), false, true, undefined],
    // Letters switched off:
    [press('/'), false, false, undefined],
    [press('g'), false, false, undefined],
    [press('r'), true, false, undefined],
  ])('%j after g: %s, letters: %s', (key, afterG, letters, deed) => {
    expect(deedOf(key, afterG, letters)).toEqual(deed)
  })

  test('regions go round both ways', () => {
    expect([nextRegion(['n', 'p'], 0, false), nextRegion(['n', 'p'], 1, false), nextRegion(['n', 'p'], 0, true)]).toEqual(['p', 'n', 'p'])
    expect([nextRegion(['n', 'p'], -1, false), nextRegion(['n', 'p'], -1, true), nextRegion([], 0, false)]).toEqual(['n', 'p', undefined])
  })
})

describe('customers of the switch', () => {
  const held = (name: string): Holding => ({ customerId: name, customerName: name, state: 'active', permissions: [], everywhere: [], approves: [] })
  const all = ['Adatum', 'Genève Hôtels', 'Nord Genève', 'Northwind Traders', 'Tailspin'].map(held)
  const names = (found: readonly Holding[]) => found.map((h) => h.customerName)

  test('are found without accents and case, by every word, those that start with it first', () => {
    expect(names(matching(all, 'geneve'))).toEqual(['Genève Hôtels', 'Nord Genève'])
    expect(names(matching(all, ' NOR tra'))).toEqual(['Northwind Traders'])
    expect(names(matching(all, ''))).toEqual(names(all))
    expect(matching(all, 'contoso')).toEqual([])
  })

  test('lately used ones come first where there are many, and only those that are still held', () => {
    const many = Array.from({ length: 20 }, (_, i) => held(`c${i}`))
    expect(names(recentOf(many, ['c3', 'gone', 'c7']))).toEqual(['c3', 'c7'])
    expect(recentOf(all, ['Adatum'])).toEqual([])
    expect(used(['a', 'b', 'c', 'd'], 'c')).toEqual(['c', 'a', 'b', 'd'])
    expect(used(['a', 'b', 'c', 'd'], 'e')).toEqual(['e', 'a', 'b', 'c'])
  })
})

describe('theme', () => {
  test.each([
    [undefined, true, 'dark'],
    ['system', false, 'light'],
    ['light', true, 'light'],
    ['dark', false, 'dark'],
    ['nonsense', true, 'dark'],
  ] as const)('choice %s, system dark %s: %s', (choice, dark, look) => expect(lookOf(choice, dark)).toBe(look))

  test('touch gets comfortable rows unless the person chose', () => {
    expect([densityOf(undefined, true), densityOf('compact', true), densityOf(undefined, false)]).toEqual(['comfortable', 'compact', 'compact'])
    expect([themeOf('light', 'comfortable').fontSizeBase300, themeOf('light', 'compact').fontSizeBase300]).toEqual(['14px', '13px'])
  })

  test('Fluent leaves exactly the tokens to the style sheet that the style sheet sets', () => {
    const css = readFileSync(new URL('../kit/roomward.css', import.meta.url), 'utf8')
    const light = createLightTheme({} as never)
    const root = [...css.slice(0, css.indexOf('/* ---- base')).matchAll(/--([a-zA-Z0-9]+):/g)].map((m) => m[1] ?? '')
    const fluent = [...new Set(root)].filter((name) => name in light).sort()
    expect(fluent.length).toBeGreaterThan(20)
    expect([...ownTokens].sort()).toEqual(fluent)
    for (const look of ['light', 'dark'] as const) for (const token of ownTokens) expect(themeOf(look, 'compact')).not.toHaveProperty(token)
  })

  test('no other token of Fluent is lost, and what we derive refers to a token that exists', () => {
    const whole = Object.keys(createDarkTheme({} as never))
    const given = themeOf('dark', 'compact') as Record<string, string>
    expect([...Object.keys(given), ...ownTokens].sort()).toEqual(whole.sort())
    for (const value of Object.values(given)) {
      const token = /^var\(--(\w+)\)$/.exec(value)?.[1]
      if (token !== undefined) expect(whole).toContain(token)
    }
  })
})
