import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import words from '../../app/text.en.json'
import mots from '../../app/text.fr.json'
import customers from '../../customers/text.en.json'
import type { Me } from '../../api/me'
import { base, call, customerId, findings, open, openBrowser, pane, people, picture, rows, signIn } from './harness'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const demanding = 'Fourth Coffee'
const context = 'Phishing-resistant MFA'
/** Has a role there, and no second factor. */
const methodless = 'ingrid.solberg@partner.example'

const banner = (page: Page) => page.locator('.stepup')
const confirm = (page: Page) => page.getByRole('button', { name: 'Confirm' }).click()
const told = (code: keyof typeof words.signIn.error) => words.signIn.error[code]

describe('a customer that demands a stronger sign-in', () => {
  test('is named above all customers, and opens after it at the same address', async () => {
    const page = await open(browser)
    await signIn(page, people.primaryAdmin, '/rooms?q=fourthcoffee')
    await banner(page).getByText(`${demanding} demands ${context}.`).waitFor()
    expect(await rows(page).count()).toBe(0)
    await picture(page, 'stepup-banner')
    expect(await findings(page)).toEqual([])

    await banner(page).getByRole('link', { name: words.stepUp.go }).click()
    await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor()
    await picture(page, 'stepup-entra')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText(told('step-up-cancelled')).waitFor()
    await picture(page, 'stepup-cancelled')
    expect(await findings(page)).toEqual([])
    await page.getByRole('link', { name: words.signIn.goOn }).click()
    await page.waitForURL(`${base}/rooms?q=fourthcoffee`)
    await banner(page).waitFor()

    await banner(page).getByRole('link', { name: words.stepUp.go }).click()
    await confirm(page)
    await page.waitForURL(`${base}/rooms?q=fourthcoffee`)
    await page.waitForSelector('#page h1')
    await rows(page).first().waitFor()
    await banner(page).waitFor({ state: 'detached' })
  })

  test('stands in the switch, and its own pages lead to the sign-in, in French and dark', async () => {
    const page = await open(browser, { language: 'fr', theme: 'dark' })
    await signIn(page, people.primaryAdmin, '/incidents')
    const id = await customerId(page, demanding)
    await page.locator('.scope').click()
    await page.getByRole('option', { name: new RegExp(`${demanding}.*${mots.stepUp.state}`) }).waitFor()
    await picture(page, 'stepup-switch-fr')
    expect(await findings(page)).toEqual([])
    await page.goto(`${base}/c/${id}/rooms`)
    await page.getByRole('heading', { level: 1, name: `${demanding} exige ${context}` }).waitFor()
    await picture(page, 'stepup-page-fr')
    expect(await findings(page)).toEqual([])
    await page.getByRole('link', { name: mots.stepUp.go }).click()
    await confirm(page)
    await page.waitForURL(`${base}/c/${id}/rooms`)
    await rows(page).first().waitFor()
  })

  test('shows its name and state among the customers, and the way in its pane', async () => {
    const page = await open(browser)
    await signIn(page, people.primaryAdmin, '/customers')
    await rows(page).filter({ hasText: demanding }).click()
    await pane(page).getByText(customers.stepUp.text).waitFor()
    await expect.poll(() => rows(page).filter({ hasText: demanding }).innerText()).toContain(customers.tab.strongAuth)
    expect(await pane(page).getByRole('region', { name: customers.data, exact: true }).count()).toBe(0)
    await picture(page, 'stepup-pane')
    expect(await findings(page)).toEqual([])
    await pane(page).getByRole('link', { name: customers.stepUp.go }).click()
    await confirm(page)
    await pane(page).getByRole('heading', { name: demanding }).waitFor()
    await pane(page).getByRole('region', { name: customers.data, exact: true }).waitFor()
  })

  test('stays closed to who has no second factor, who is told what to do and stays signed in', async () => {
    const page = await open(browser, { language: 'fr' })
    await signIn(page, methodless, '/rooms')
    await banner(page).getByRole('link', { name: mots.stepUp.go }).click()
    await page.getByText(mots.signIn.error['step-up-refused']).waitFor()
    await picture(page, 'stepup-refused-fr')
    await page.getByRole('link', { name: mots.signIn.goOn }).click()
    await page.waitForURL(`${base}/rooms`)
    await rows(page).first().waitFor()
    expect((await call<Me>(page, 'GET', '/me')).person.userPrincipalName).toBe(methodless)
  })
})
