import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import words from '../../audit/text.en.json'
import mots from '../../audit/text.fr.json'
import common from '../../text/common.en.json'
import { findings, open, openBrowser, people, picture, signIn } from './harness'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const list = '/audit'

test('a primary admin reads who did what, with before and after, and has the record verified', async () => {
  const page = await open(browser)
  await signIn(page, people.primaryAdmin, list)
  const row = page.locator('[data-row]').first()
  await row.waitFor()
  await expect.poll(() => page.locator('.grows > .band').first().innerText()).toMatch(/\d{4}$/)
  expect(await findings(page)).toEqual([])
  await picture(page, 'audit')

  await row.click()
  const pane = page.locator('aside.pane')
  await pane.getByText(words.pane.hash, { exact: true }).waitFor()
  await expect.poll(() => pane.locator('.hash').last().innerText()).toMatch(/^[0-9a-f]{64}$/)
  expect(await findings(page)).toEqual([])
  await picture(page, 'audit-entry')

  await page.getByRole('button', { name: words.command.verify }).click()
  await page.getByText(/^Records? complete and unchanged/).waitFor()
  await picture(page, 'audit-verified')
  expect(await page.getByText(words.verify.broken).count()).toBe(0)
})

test('the filter narrows, and the export asks for the same', async () => {
  const page = await open(browser)
  await signIn(page, people.primaryAdmin, `${list}?did=session`)
  await page.locator('[data-row]').first().waitFor()
  for (const label of await page.locator('[data-row]').evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label') ?? ''))) {
    expect(label).toMatch(new RegExp(`^(${words.did['session/start']}|${words.did['session/end']})`))
  }
  await expect.poll(() => page.getByRole('link', { name: words.command.csv }).getAttribute('href')).toBe('/api/audit.csv?operation=session')

  // Who is typed, days are any range; both stand in the address, and nobody else is left in the list.
  await page.getByRole('button', { name: words.column.who, exact: true }).click()
  await page.getByLabel(words.filter.who).fill('Samuel')
  await page.keyboard.press('Enter')
  await page.waitForURL(/[?&]who=Samuel/)
  await page.getByRole('button', { name: words.filter.time, exact: true }).click()
  await page.getByLabel(common.list.from).fill('2020-01-01')
  expect(await findings(page)).toEqual([])
  await page.getByRole('button', { name: common.list.apply }).click()
  await page.waitForURL(/[?&]time=2020-01-01\.\./)
  await page.locator('[data-row]').first().waitFor()
  await page.getByRole('link', { name: words.command.csv }).and(page.locator('[href*="actor=Samuel"][href*="from=2019-12-31"]')).waitFor()
  await expect.poll(() => page.locator('[data-row]', { hasNotText: 'Samuel' }).count()).toBe(0) // the address goes before the rows
})

test('who holds no role sees no record in the navigation', async () => {
  const page = await open(browser)
  await signIn(page, people.nobody, '/')
  await page.getByRole('navigation').first().waitFor()
  expect(await page.getByRole('link', { name: words.title }).count()).toBe(0)
})

test('a customer reads its own record, in French, and takes its checkpoints', async () => {
  const page = await open(browser, { language: 'fr', theme: 'dark' })
  await signIn(page, people.northwind, '/portal/activity')
  await page.locator('[data-row]').first().waitFor()
  await page.getByRole('button', { name: mots.command.verify }).click()
  await page.getByText(/^Journal complet et intact jusqu’à l’entrée/).waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'audit-own-fr')
  await page.getByRole('button', { name: mots.command.points }).click()
  await page.getByRole('dialog').getByText(/^[0-9a-f]{64}$/).first().waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'audit-checkpoints-fr')
})
