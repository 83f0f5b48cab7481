import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import mots from '../../portal/text.fr.json'
import { findings, open, openBrowser, people, picture, signIn } from './harness'
import { said } from './words'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const partner = 'Litware'

test('who has access, and since when not; taking it away is asked before', async () => {
  const helper = await open(browser)
  await signIn(helper, people.technician) // was here within the hour
  const page = await open(browser, { language: 'fr', theme: 'dark' })
  await signIn(page, people.northwind, '/portal/members')
  await page.getByRole('heading', { name: mots.members.title, level: 1 }).waitFor()
  await page.getByRole('heading', { name: mots.fact.admins }).waitFor()
  await page.getByText(mots.members.thisHour).filter({ visible: true }).first().waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'members-fr')
  await page.getByRole('button', { name: said(mots.members.removeOf, { name: 'Desk leads' }) }).first().click()
  const dialog = page.getByRole('alertdialog')
  await dialog.getByText(said(mots.remove.final, { partner }).slice(0, 30)).waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'members-remove-fr')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
})

test('a withdrawn consent shows when it ends, on both sides', async () => {
  const page = await open(browser, { language: 'fr' })
  await signIn(page, 'admin@fabrikam.example', '/portal')
  await page.getByText(mots.coming.purge.slice(0, 30)).first().waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'withdrawn-customer')
  const other = await open(browser)
  await signIn(other, people.primaryAdmin, '/customers')
  await other.getByRole('row', { name: 'Fabrikam' }).first().click()
  await other.locator('aside.pane').getByText('the relation ends on').waitFor()
  await picture(other, 'withdrawn-partner')
})
