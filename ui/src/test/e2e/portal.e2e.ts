import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { base, findings, open, openBrowser, partnership, people, picture, signIn } from './harness'
import { said, words as texts } from './words'

// How far customers are, each on its own first page.

const words = texts.en.portal
const mots = texts.fr.portal
const commun = texts.fr.common
const partner = 'Litware'
const government = 'admin@proseware.example'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

test('Tailspin waits for an answer, or has one', async () => {
  const page = await open(browser, { language: 'fr', theme: 'dark' })
  await signIn(page, people.tailspin)
  const { invitation, relation } = await partnership(page)
  await page.getByRole('heading', { name: mots.relation.title }).waitFor()
  const has = (text: string) => expect.poll(() => page.locator('#page').innerText()).toContain(text)
  if (invitation?.state === 'pending') {
    await has(said(mots.invitation.pending, { partner }))
    await has(said(mots.grant.rule, { place: 'France' }))
    await has(said(mots.roomsSent_other, { count: '46' }))
    await has(mots.relation.none)
    await expect.poll(() => page.getByRole('button', { name: mots.invitation.withdraw, exact: true }).count()).toBe(1)
  } else if (relation !== undefined) {
    await has(mots.tag.active)
    await has(said(mots.grant.rule, { place: 'France' }))
  } else {
    await has(mots.invitation.again)
  }
  await picture(page, 'portal-tailspin-fr-dark')
  expect(await findings(page)).toEqual([])
})

test('Northwind sees what its partner sees, and what it does not', async () => {
  const page = await open(browser)
  await signIn(page, people.northwind)
  await page.getByText('212 of your 240 rooms', { exact: false }).waitFor()
  for (const part of ['The other 28 rooms', words.tag.active, 'Quayside Annex', '894c3c9a', 'northwind.example', words.fact.never]) {
    await expect.poll(() => page.locator('#page').innerText()).toContain(part)
  }
  expect(await page.getByRole('button', { name: words.invitation.withdraw, exact: true }).count()).toBe(0)
  expect(await page.getByRole('link', { name: words.invitation.invite }).count()).toBe(0)
  await picture(page, 'portal-northwind')
  expect(await findings(page)).toEqual([])
  await page.goto(`${base}/portal/invite`)
  await page.getByText(said(words.wizard.relation, { partner })).waitFor()
})

test('a government cloud is refused with the reason, and offered nothing', async () => {
  const page = await open(browser, { language: 'fr' })
  await page.goto(`${base}/signin?login_hint=${government}`)
  // Told at sign-in already, or on the first page: either way with the reason and without a way on.
  await page.getByText(/cloud gouvernemental|clouds gouvernementaux/i).first().waitFor()
  expect(await page.locator('a[href="/consent"], a[href="/portal/invite"]').count()).toBe(0)
  await picture(page, 'portal-government')
  expect(await findings(page)).toEqual([])
})

test('what giving consent came to is believed only while it is so', async () => {
  const page = await open(browser, { language: 'fr', theme: 'dark' })
  await signIn(page, people.northwind, '/portal?consent=refused')
  await page.getByRole('heading', { name: mots.consent.title }).first().waitFor()
  await page.getByText(mots.outcome.refused).waitFor({ state: 'detached' })
  await page.goto(`${base}/portal?consent=ok`)
  await page.getByText(mots.outcome.okDone, { exact: true }).waitFor()
  await page.getByRole('button', { name: commun.kit.dismiss }).click()
  await page.waitForURL(`${base}/portal`)
  expect(await findings(page)).toEqual([])
})
