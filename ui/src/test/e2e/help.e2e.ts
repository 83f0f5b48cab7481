import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import shell from '../../app/text.en.json'
import words from '../../help/text.en.json'
import mots from '../../help/text.fr.json'
import { base, findings, open, openBrowser, people, picture, signIn } from './harness'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

test('who cannot sign in comes to the help, searches it, and follows its links', async () => {
  const page = await open(browser, { expects: [/^401 \/api\/me$/] })
  await page.goto(base)
  await page.getByRole('link', { name: shell.help, exact: true }).click()
  await page.waitForURL(`${base}/help/locked-out`)
  const contents = page.getByRole('navigation', { name: words.contents })
  await expect.poll(() => contents.locator('[aria-current=page]').innerText()).toBe(await page.locator('article h1').innerText())
  expect(await findings(page)).toEqual([])
  await picture(page, 'help-topic')

  await page.getByRole('searchbox', { name: words.search }).fill('departed')
  await page.getByRole('heading', { name: words.found }).waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'help-search')
  await page.locator('.hits').getByRole('link', { name: /Restore$/ }).click()
  await page.waitForURL(`${base}/help/backup#restore`)
  await page.locator('#restore').waitFor()
  await expect.poll(() => page.locator('#restore').evaluate((heading) => heading === document.activeElement)).toBe(true)
  await page.goBack() // to the search, as it was typed
  await page.getByRole('heading', { name: words.found }).waitFor()
})

test('is there in French, in the dark and on a narrow screen, and says when there is no such page', async () => {
  const page = await open(browser, { language: 'fr', colorScheme: 'dark', viewport: { width: 400, height: 800 } })
  await page.goto(`${base}/help/keys`)
  await page.getByRole('heading', { level: 1, name: 'Clés et secrets' }).waitFor()
  await expect.poll(() => page.getByRole('searchbox', { name: mots.search }).isVisible()).toBe(true)
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400)
  expect(await findings(page)).toEqual([])
  await picture(page, 'help-fr-dark-narrow')
  await page.goto(`${base}/help/nothing`)
  await page.getByText(mots.noTopic).waitFor()
})

test('every page leads to its own topic, in a tab of its own', async () => {
  const page = await open(browser)
  await signIn(page, people.primaryAdmin, '/audit')
  await page.getByRole('button', { name: shell.help, exact: true }).click()
  const [help] = await Promise.all([page.context().waitForEvent('page'), page.getByRole('menuitem', { name: shell.helpPage }).click()])
  await help.waitForURL(`${base}/help/audit`)
  await help.locator('article h1').waitFor()
  await expect.poll(() => new URL(page.url()).pathname).toBe('/audit')
})
