import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { base, call, findings, open, openBrowser, partnership, people, picture, signIn } from './harness'
import { said, words as texts } from './words'

// Woodgrove, which has not invited anybody: what can go wrong in the wizard, the offer changed, sent again, withdrawn, and sent anew.

const words = texts.en.portal
const mots = texts.fr.portal
const common = texts.en.common
const partner = 'Litware'
const employee = 'employee@woodgrove.example'
/** Kept by the demo for whoever plays Woodgrove's administrator; it works once per demo. */
const demoCode = 'DEMO-WOOD-GROVE'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const pathOf = (page: Page) => new URL(page.url()).pathname
const primary = (page: Page) => page.locator('.pfoot .btn.p')
const row = (page: Page, name: string) => page.getByRole('treeitem', { name: new RegExp(`^${name}`) })

/** A code that was never used, made by the partner's manager. */
async function freshCode(): Promise<string> {
  const page = await open(browser)
  await signIn(page, people.manager)
  const { text } = await call<{ text: string }>(page, 'POST', '/invitation-codes', { note: 'Woodgrove Bank, browser test', expiresInDays: 1 })
  expect(text).toMatch(/\w{4}/)
  return text
}

/** Gives consent through Entra's page, unless it stands already. Leaves the page at home. */
async function consented(page: Page): Promise<void> {
  if ((await partnership(page)).organisation.consent === 'given') return
  await page.getByRole('link', { name: words.consent.give }).click()
  await page.getByText('Renee Alvarez').click()
  await page.getByRole('button', { name: 'Accept' }).click()
  await page.waitForURL(`${base}/portal?consent=ok`)
  await page.getByText(words.outcome.ok).waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'portal-consented')
  await page.getByRole('button', { name: common.kit.dismiss }).click()
  await page.waitForURL(`${base}/portal`)
}

/** Walks the wizard from the first step to the review: all of the United States but Treasury Tower. */
async function fillIn(page: Page, code: string): Promise<void> {
  await page.getByRole('textbox', { name: words.wizard.partner.domain }).fill('Partner.Example')
  await page.getByRole('textbox', { name: words.wizard.partner.code }).fill(code)
  await page.getByText(said(words.wizard.partner.found, { name: partner })).waitFor()
  await primary(page).click()
  await page.getByRole('radio', { name: words.wizard.rooms.places }).check()
  await row(page, 'United States').click()
  await page.getByRole('searchbox', { name: words.wizard.rooms.findPlaces }).fill('treasury')
  await row(page, 'Treasury Tower').click()
  await page.getByText(said(words.wizard.rooms.count, { covered: '118', total: '131' }), { exact: true }).first().waitFor()
}

async function agree(page: Page): Promise<void> {
  await primary(page).click()
  await page.getByRole('group', { name: common.permission.rooms.is, exact: true }).waitFor()
  await primary(page).click()
  await primary(page).click() // change control, sign-in and end: as they stand
  await primary(page).click() // data and notices: as they stand
  await page.getByRole('checkbox').check()
  await primary(page).click()
  await page.getByRole('heading', { name: words.wizard.review.label }).waitFor()
}

/** At home with an invitation that waits: what was offered stands there. */
async function expectPending(page: Page): Promise<void> {
  await page.getByText(said(words.invitation.pending, { partner }), { exact: true }).waitFor()
  await expect.poll(() => pathOf(page)).toBe('/portal')
  for (const text of ['partner.example', said(words.roomsSent_other, { count: '118' }), `${words.fact.except}\nTreasury Tower`]) {
    await expect.poll(() => page.locator('#page').innerText()).toContain(text)
  }
  expect(await page.getByRole('link', { name: words.invitation.invite }).count()).toBe(0)
  expect(await findings(page)).toEqual([])
}

test('consents, and invites by the demo’s code; refusals stand where they belong', async () => {
  const page = await open(browser, { expects: [/^422 \/api\/partnership\/partner$/, /^409 \/api\/partnership\/invitations$/] })
  await signIn(page, people.woodgrove)
  const before = await partnership(page)
  if (before.relation !== undefined) return page.getByText(words.tag.active).waitFor()
  if (before.invitation?.state === 'pending') return expectPending(page)
  await picture(page, 'portal-woodgrove')
  expect(await findings(page)).toEqual([])
  await consented(page)
  await page.getByRole('link', { name: before.invitation === undefined ? words.invitation.invite : words.invitation.again }).click()

  // Nothing entered: it stays, and says what is missing; a wrong domain is told when the field is left.
  await primary(page).click()
  await expect.poll(() => page.locator('.wbody [role=alert]').first().innerText()).toContain(words.wizard.partner.domainNeeded)
  const domain = page.getByRole('textbox', { name: words.wizard.partner.domain })
  await domain.fill('nobody.example')
  await domain.blur()
  await page.locator('.fld .reason', { hasText: words.wizard.partner.domainUnknown }).waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'portal-wizard-domain')
  await page.getByRole('textbox', { name: words.wizard.partner.code }).fill('NOT-A-CODE')
  await primary(page).click()
  await expect.poll(() => domain.count()).toBe(1)

  await fillIn(page, 'NOT-A-CODE')
  expect(await findings(page)).toEqual([])
  await picture(page, 'portal-wizard-rooms')
  await primary(page).click()
  await page.getByRole('group', { name: common.permission.rooms.is, exact: true }).waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'portal-wizard-permissions')
  await expect.poll(() => page.getByRole('checkbox', { name: common.permission.rooms.resetKey }).isDisabled()).toBe(true)
  await primary(page).click()
  await page.getByRole('radiogroup', { name: words.event.role.is }).getByRole('radio', { name: words.control.manual }).check()
  expect(await findings(page)).toEqual([])
  await picture(page, 'portal-wizard-control')
  await primary(page).click()
  await page.getByRole('spinbutton', { name: words.data.retention }).fill('10')
  await primary(page).click()
  await page.locator('.fld .reason', { hasText: words.data.retentionNeeded }).waitFor()
  await page.getByRole('spinbutton', { name: words.data.retention }).fill('90')
  await expect.poll(() => page.getByRole('textbox', { name: words.contacts.label }).inputValue()).toBe(people.woodgrove) // unless one says otherwise
  expect(await findings(page)).toEqual([])
  await picture(page, 'portal-wizard-data')
  await primary(page).click()
  await primary(page).click()
  await page.locator('.reason', { hasText: words.wizard.terms.agreeNeeded }).waitFor() // never agreed by passing by
  expect(await findings(page)).toEqual([])
  await picture(page, 'portal-wizard-terms')
  await page.getByRole('checkbox').check()
  await primary(page).click()
  await page.getByText(said(words.wizard.review.roomsOf, { covered: '118', total: '131' })).waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'portal-wizard-review')

  // A wrong code is known only when it is sent: back to its field, everything else stays.
  await primary(page).click()
  const code = page.getByRole('textbox', { name: words.wizard.partner.code })
  await code.waitFor()
  await page.locator('.fld .reason', { hasText: common.errors['code-unknown'] }).waitFor()
  await expect.poll(() => code.inputValue()).toBe('NOT-A-CODE')
  expect(await findings(page)).toEqual([])
  await picture(page, 'portal-wizard-code')
  await code.fill(before.invitation === undefined ? demoCode.toLowerCase() : await freshCode())
  await primary(page).click()
  await page.getByRole('button', { name: words.wizard.submit }).click()
  await expectPending(page)
  await picture(page, 'portal-pending')
  // A second one is not offered: the address of the wizard says why.
  await page.goto(`${base}/portal/invite`)
  await page.getByText(words.wizard.pending).waitFor()
  expect(await findings(page)).toEqual([])
})

test('changes the offer while it waits, and sends it again', async () => {
  const page = await open(browser, { language: 'fr' })
  await signIn(page, people.woodgrove)
  const before = await partnership(page)
  if (before.invitation?.state !== 'pending') return expect(before.relation).toBeDefined()
  await page.getByRole('link', { name: mots.invitation.change }).click()
  await page.getByText(said(mots.wizard.rooms.count, { covered: '118', total: '131' }), { exact: true }).first().waitFor()
  for (let step = 0; step < 4; step++) await primary(page).click()
  await page.getByRole('checkbox').check()
  expect(await findings(page)).toEqual([])
  await primary(page).click()
  await picture(page, 'portal-change-review-fr')
  await page.getByRole('button', { name: mots.wizard.changeSubmit }).click()
  await page.waitForURL(`${base}/portal`)
  await page.getByText(mots.fact.changed, { exact: true }).waitFor()
  const changed = (await partnership(page)).invitation
  expect(changed?.version).toBe(before.invitation.version + 1)
  expect(changed?.expiresAt).toBe(before.invitation.expiresAt)

  await page.getByRole('button', { name: mots.invitation.resend }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('spinbutton').fill('30')
  expect(await findings(page)).toEqual([])
  await dialog.getByRole('button', { name: mots.invitation.resend }).click()
  await dialog.waitFor({ state: 'detached' })
  const again = (await partnership(page)).invitation
  expect(Date.parse(again?.expiresAt ?? '')).toBeGreaterThan(Date.parse(before.invitation.expiresAt))
  expect(again?.version).toBe(changed?.version)
})

test('withdraws, and invites again by a fresh code only', async () => {
  const page = await open(browser, { expects: [/^409 \/api\/partnership\/invitations$/] })
  await signIn(page, people.woodgrove)
  if ((await partnership(page)).relation !== undefined) return page.getByText(words.tag.active).waitFor()
  await page.getByRole('button', { name: words.invitation.withdraw, exact: true }).click()
  const dialog = page.getByRole('alertdialog')
  await dialog.waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'portal-withdraw')
  // Cancel has the focus: Enter changes nothing.
  await page.waitForFunction((cancel) => document.activeElement?.textContent === cancel, common.kit.cancel)
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'detached' })
  expect((await partnership(page)).invitation?.state).toBe('pending')
  await page.getByRole('button', { name: words.invitation.withdraw, exact: true }).click()
  await dialog.getByRole('button', { name: words.invitation.withdraw, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByText(words.invitation.withdrawnText).waitFor()
  expect((await partnership(page)).invitation?.state).toBe('withdrawn')
  expect(await findings(page)).toEqual([])

  await page.getByRole('link', { name: words.invitation.again }).click()
  await fillIn(page, demoCode) // used
  await agree(page)
  await primary(page).click()
  await page.locator('.fld .reason', { hasText: common.errors['code-unknown'] }).waitFor()
  await page.getByRole('textbox', { name: words.wizard.partner.code }).fill(await freshCode())
  await primary(page).click()
  await page.getByRole('button', { name: words.wizard.submit }).click()
  await expectPending(page)
  await page.getByRole('heading', { name: words.invitation.past }).waitFor()
  await expect.poll(() => page.getByRole('table', { name: words.invitation.past }).innerText()).toContain('Withdrawn on')
  await picture(page, 'portal-past')
})

test('an employee sees how far it is, and can do nothing', async () => {
  const page = await open(browser, { expects: [/^403 \/api\/partnership\/invitations$/] })
  await signIn(page, employee)
  await page.getByText(said(words.onlyAdmin, { organisation: 'Woodgrove Bank' })).waitFor()
  const actions = [words.consent.give, words.consent.again, words.invitation.invite, words.invitation.again, words.invitation.withdraw]
  for (const name of actions) expect([name, await page.locator('#page').getByText(name, { exact: true }).count()]).toEqual([name, 0])
  // What was offered is not an employee's to read.
  expect(await page.locator('#page').innerText()).not.toContain('Treasury')
  expect(await findings(page)).toEqual([])
  await picture(page, 'portal-employee')
  await page.goto(`${base}/portal/invite`)
  await page.getByText(said(words.onlyAdmin, { organisation: 'Woodgrove Bank' })).waitFor()
  expect(await page.locator('.wiz').count()).toBe(0)
  const status = await page.evaluate(async () => (await fetch('/api/partnership/invitations')).status)
  expect(status).toBe(403)
})
