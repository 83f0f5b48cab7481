import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import words from '../../portal/text.en.json'
import mots from '../../portal/text.fr.json'
import { base, findings, open, openBrowser, people, picture, signIn } from './harness'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const said = (text: string, values: Record<string, string>) => text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '')
const partner = 'Litware'

async function startRelation(page: Page): Promise<{ ended: boolean }> {
  const answer = (await (await page.request.get(`${base}/api/partnership`)).json()) as { relation?: object }
  return { ended: answer.relation === undefined }
}

test.each([
  ['en', 'light'],
  ['fr', 'dark'],
] as const)('who has access, in %s', async (language, theme) => {
  const text = language === 'en' ? words : mots
  const helper = await open(browser)
  await signIn(helper, people.technician) // was here within the hour
  const page = await open(browser, { language, theme })
  await signIn(page, people.northwind, '/portal/members')
  await page.getByRole('heading', { name: text.members.title, level: 1 }).waitFor()
  await page.getByRole('heading', { name: text.fact.admins }).waitFor()
  await page.getByText(text.members.thisHour).filter({ visible: true }).first().waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, `members-${language}`)
  await page.getByRole('button', { name: said(text.members.removeOf, { name: 'Desk leads' }) }).first().click()
  const dialog = page.getByRole('alertdialog')
  await dialog.getByText(said(text.remove.final, { partner }).slice(0, 30)).waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, `members-remove-${language}`)
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
})

test('a customer cuts, ends the relation, takes the record and deletes it', async () => {
  const customer = 'admin@alpine.example'
  const page = await open(browser, { expects: [/^404 \/api\/partnership\/(admins|access)$/] }) // there is none any more
  await signIn(page, customer, '/portal/members')
  if ((await startRelation(page)).ended) return // a run before this one has ended it
  const desk = page.getByRole('button', { name: said(words.members.removeOf, { name: 'Desk leads' }) })
  await page.getByRole('heading', { name: words.members.who }).waitFor()
  if ((await desk.count()) > 0) {
    await desk.first().click()
    const dialog = page.getByRole('alertdialog')
    await dialog.getByRole('button', { name: words.members.remove }).click()
    await page.getByText(said(words.remove.done, { name: 'Desk leads' })).waitFor()
    await desk.first().waitFor({ state: 'detached' })
  }

  await page.goto(`${base}/portal`)
  await page.getByRole('button', { name: words.end.command }).click()
  const dialog = page.getByRole('alertdialog')
  await dialog.getByText(words.end.erased2.replace('{{partner}}', partner)).waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'end-relation')
  await dialog.getByRole('textbox').fill(partner)
  await dialog.getByRole('button', { name: words.end.command }).click()
  await page.getByRole('heading', { name: words.record.title, exact: true }).waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'ended')
  const record = await page.request.get(`${base}/api/partnership/record`)
  expect(record.status()).toBe(200)
  expect(await record.text()).toContain('invitation.accept')
  await page.getByRole('button', { name: words.record.drop }).click()
  await dialog.getByRole('button', { name: words.record.drop }).click()
  await page.getByRole('heading', { name: words.record.title, exact: true }).waitFor({ state: 'detached' })
  await page.goto(`${base}/portal/members`)
  await page.getByText(words.members.noRelation).waitFor()
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
