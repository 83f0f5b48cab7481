// @vitest-environment happy-dom
import { afterEach, expect, test } from 'vitest'
import { stage, type Stage } from '../../test/stage'
import type { Language } from '../../text/format'
import { Compare, compares, type Detail } from './Compare'

let shown: Stage | undefined
afterEach(async () => {
  await shown?.end()
  shown = undefined
})

/** The rows of the table: the field, then what stands in its columns. */
async function rows(detail: Detail, language: Language = 'en'): Promise<readonly (readonly string[])[]> {
  shown = await stage(() => <Compare detail={detail} />, { language })
  return [...shown.root.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent ?? ''))
}

test('the name first, then the description, then the others', async () => {
  const found = await rows({ after: { description: 'At night', mail: false, name: 'Desk', permissions: ['rooms.view'] } })
  expect(found.map(([field]) => field)).toEqual(['Name', 'Description', 'Mail', 'Permissions'])
})

test('what was agreed reads as words', async () => {
  expect(
    await rows({
      before: { changeControl: { role: 'auto', export: 'auto' }, retentionDays: 180 },
      after: { changeControl: { role: 'manual', export: 'auto' }, retentionDays: 90 },
    }),
  ).toEqual([
    ['Change control changed', 'Role: runs at once; Export of the record: runs at once', 'Role: waits for approval; Export of the record: runs at once'],
    ['Days of history changed', '180', '90'],
  ])
})

test('in French, with the space before a colon', async () => {
  expect(await rows({ after: { changeControl: { group: 'manual' }, allRooms: true } }, 'fr')).toEqual([
    ['Contrôle des modifications', 'Groupe de salles\u00a0: attend une approbation'],
    ['Toutes les salles', 'oui'],
  ])
})

test('a role that is called as a setting keeps its name', async () => {
  expect(await rows({ after: { name: 'manual' } })).toEqual([['Name', 'manual']])
})

test('what says nothing of before and after has nothing to compare', () => {
  expect([{}, { before: null }, { operation: 'export.create' }].map(compares)).toEqual([false, false, false])
  expect(compares({ after: {} })).toBe(true)
})
