import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Browser, Page } from 'playwright-core'
import { call, findings, open, openBrowser, people, picture, signIn } from './harness'
import { said, words as texts } from './words'

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
  await bell(page).click() // also before the notices have come
  const told = panel(page).getByText(sentence)
  await told.waitFor()
  await expect.poll(() => panel(page).locator('h2').textContent()).toBe(title)
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
  const customer = await open(browser)
  await signIn(customer, 'admin@contoso.example', '/portal')
  await call(customer, 'PUT', '/partnership/contacts', { contacts: [`rooms.${Date.now().toString(36)}@contoso.example`] })
  const sentence = said(texts.en.notify.kind.contacts.changed, { customer: 'Contoso' })
  const told = (page: Page) => panel(page).locator('li', { hasText: sentence }).first()

  const page = await open(browser)
  await signIn(page, people.primaryAdmin)
  await page.locator('button.bell .n').waitFor()
  expect(await bell(page).getAttribute('aria-label')).toMatch(/^Notices, \d+ new$/)
  await bell(page).focus()
  const marked = page.waitForResponse(/\/api\/notices\/read$/)
  await page.keyboard.press('Enter')
  await told(page).and(page.locator('.fresh')).waitFor()
  await marked
  await page.keyboard.press('Escape')
  await panel(page).waitFor({ state: 'detached' })
  await expect.poll(() => bell(page).evaluate((element) => element === document.activeElement)).toBe(true)
  await page.reload()
  await bell(page).click()
  await told(page).waitFor()
  expect(await panel(page).locator('li.fresh', { hasText: sentence }).count()).toBe(0)

  // Another lead of the same desk has not read it.
  const other = await open(browser)
  await signIn(other, 'kim.larsen@partner.example')
  await bell(other).click()
  await told(other).and(other.locator('.fresh')).waitFor()
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
