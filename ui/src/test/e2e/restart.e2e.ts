import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import portal from '../../portal/text.en.json'
import words from '../../rooms/text.en.json'
import mots from '../../rooms/text.fr.json'
import { findings, open, openBrowser, openList, pane, people, picture, rows, search, signIn } from './harness'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const say = words.actions

test('a restart is asked for, confirmed, and followed until Microsoft says that it is done', async () => {
  const page = await openList(browser, people.primaryAdmin, '/rooms?q=Boardroom+13')
  await rows(page).first().click()
  await pane(page).getByRole('button', { name: say.restart, exact: true }).click()
  const dialog = page.getByRole('alertdialog')
  await dialog.getByText(say.callEnds).waitFor()
  const asked = await dialog.innerText()
  for (const name of ['Boardroom 13', 'Northwind Traders']) expect(asked).toContain(name)
  expect(await findings(page)).toEqual([])
  await picture(page, 'restart-dialog')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await pane(page).getByRole('tab', { name: say.tab }).click()
  const done = pane(page).locator('.rm-action')
  await pane(page).getByText(say.none).or(done.first()).waitFor()
  const before = await done.count()

  await pane(page).getByRole('button', { name: say.restart, exact: true }).click()
  await dialog.getByRole('button', { name: say.restart, exact: true }).click()
  await expect.poll(() => done.count()).toBe(before + 1)
  await expect.poll(() => search(page).get('tab')).toBe('activity')
  await picture(page, 'restart-running')
  await expect.poll(() => done.first().getAttribute('data-state'), { timeout: 90_000 }).toBe('succeeded')
  await expect.poll(() => done.first().innerText()).toContain(say.state.succeeded)
  expect(await findings(page)).toEqual([])
  await picture(page, 'restart-done')
})

test('a consent that leaves restarts out is named, in French too', async () => {
  const page = await openList(browser, people.primaryAdmin, '/rooms?q=Kontor+9', { language: 'fr', colorScheme: 'dark' })
  await rows(page).first().click()
  await pane(page).getByRole('button', { name: mots.actions.restart, exact: true }).click()
  await page.getByRole('alertdialog').getByText('Trey Research n’a pas consenti aux actions').waitFor()
  await picture(page, 'restart-warned-fr')
  await page.getByRole('alertdialog').getByRole('button', { name: mots.actions.restart, exact: true }).click()
  await pane(page).locator('[data-state=failed]').first().waitFor()
  await expect.poll(() => pane(page).locator('.rm-action').first().innerText()).toContain(mots.actions.failure['consent-missing'])
  await picture(page, 'restart-refused-fr')
  expect(await findings(page)).toEqual([])
})

test('a customer sees what its consent to actions is for, and may leave it', async () => {
  const page = await open(browser)
  await signIn(page, 'admin@trey.example', '/portal')
  await page.getByRole('heading', { name: portal.acting.title }).waitFor()
  await page.getByText(portal.acting.without).waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'portal-acting')
  await page.getByRole('link', { name: portal.acting.give }).click()
  await page.getByText('Annika Lindqvist').click()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.waitForURL(/\/portal\?acting=refused/)
  await page.getByText(portal.outcome.refused).waitFor()
  await page.getByText(portal.acting.without).waitFor()
  expect(await findings(page)).toEqual([])
})

test('who may not act is told why', async () => {
  const page = await openList(browser, people.technician, '/rooms')
  await rows(page).first().click()
  const button = pane(page).getByRole('button', { name: say.restart, exact: true })
  await button.waitFor()
  await expect.poll(() => button.getAttribute('aria-disabled')).toBe('true')
  await expect.poll(() => button.getAttribute('title')).toBe(say.mayNot)
  await button.click({ force: true })
  expect(await page.getByRole('alertdialog').count()).toBe(0)
})
