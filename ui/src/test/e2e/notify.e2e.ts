import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Browser, Page } from 'playwright-core'
import { findings, open, openBrowser, people, picture, signIn } from './harness'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(async () => {
  await browser.close()
})

const bell = (page: Page) => page.locator('button.bell')
const panel = (page: Page) => page.locator('.told')

test.each([
  ['en', 'light', 'Notices', 'Tailspin Toys invites Litware.'],
  ['fr', 'dark', 'Avis', 'Tailspin Toys invite Litware.'],
] as const)('a tenant manager is told of an invitation, %s %s', async (language, theme, title, sentence) => {
  const page = await open(browser, { language, theme })
  await signIn(page, people.tenantManager)
  await bell(page).click()
  const told = panel(page).getByText(sentence)
  await told.waitFor()
  expect(await panel(page).locator('h2').textContent()).toBe(title)
  expect(await panel(page).textContent()).not.toMatch(/\{\{|kind\./)
  expect(await findings(page)).toEqual([])
  await picture(page, `notices-${language}-${theme}`)
  // Read by this person, in every tab and at the next visit.
  await page.locator('button.bell .n').waitFor({ state: 'detached' })
  await told.click()
  await page.waitForURL(/\/customers\?q=Tailspin/)
  await panel(page).waitFor({ state: 'detached' })
})

test('each person has read for itself, by keyboard', async () => {
  const page = await open(browser)
  await signIn(page, people.manager)
  // Where this person has read everything in a run before this one, other stories of this run bring more.
  await page.locator('button.bell .n').waitFor({ timeout: 120_000 })
  expect(await bell(page).getAttribute('aria-label')).toMatch(/^Notices, \d+ new$/)
  await bell(page).focus()
  await page.keyboard.press('Enter')
  const fresh = panel(page).locator('li.fresh')
  const oldest = await fresh.last().locator('.say').innerText()
  await page.locator('button.bell .n').waitFor({ state: 'detached' })
  await page.keyboard.press('Escape')
  await panel(page).waitFor({ state: 'detached' })
  expect(await bell(page).evaluate((element) => element === document.activeElement)).toBe(true)
  await page.reload()
  await bell(page).click()
  await panel(page).locator('li').first().waitFor()
  expect(await fresh.filter({ hasText: oldest }).count()).toBe(0) // newer ones may have come meanwhile
})

test('a customer is told what became of its invitation, and nothing of others', async () => {
  const page = await open(browser)
  await signIn(page, people.northwind)
  await bell(page).click()
  await panel(page).getByText('Litware accepted the invitation of Northwind Traders.').waitFor()
  const text = (await panel(page).textContent()) ?? ''
  for (const other of ['Tailspin', 'Contoso', 'Fabrikam']) expect(text).not.toContain(other)
  expect(await findings(page)).toEqual([])
  await picture(page, 'notices-customer')
})

test('who has no role has no bell', async () => {
  const page = await open(browser)
  await signIn(page, people.nobody)
  expect(await bell(page).count()).toBe(0)
})
