import { readFileSync } from 'node:fs'
import type { Browser, Download, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { base, call, customerId, findings, gone, open, openBrowser, pane, partnership, people, picture, quiet, rows, signIn, within } from './harness'
import { dayAhead, known, said, words, type Language } from './words'

// The life of a relation, from first click to effect on the other side: the partner ends it, the customer invites again with everything chosen,
// the partner accepts, works under what was chosen, is cut, left without admin, led again, and ended by the customer. One customer a language.
// A demo in which it was walked before begins at the invitation.

const partner = 'Litware'
const lives = [
  {
    language: 'en', name: 'Adatum Corporation', admin: 'admin@adatum.example', administrator: 'Jonas Hartwig',
    country: 'Germany', rooms: 30, room: 'Auditorium', notGranted: 'Limmat',
    lead: { name: 'Marta Jiménez', login: 'marta.jimenez@partner.example' },
    helper: { name: 'Oskar Nyström', login: 'narrow@partner.example' },
  },
  {
    language: 'fr', name: 'Wingtip Toys', admin: 'admin@wingtip.example', administrator: 'Femke de Groot',
    country: 'Pays-Bas', rooms: 24, room: 'Gallery', notGranted: 'Depot',
    lead: { name: 'Katarzyna Wójcik', login: 'katarzyna.wojcik@partner.example' },
    helper: { name: 'Chiara Bianchi', login: 'middle@partner.example' },
  },
] as const

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const button = (within: Page | Locator, name: string) => within.getByRole('button', { name, exact: true })
const main = (page: Page) => page.locator('#page')
const row = (page: Page, name: string) => page.getByRole('row', { name, exact: true })
const question = (page: Page) => page.getByRole('alertdialog')

/** What was downloaded by a click, as text. */
async function downloaded(page: Page, link: Locator): Promise<string> {
  const [file] = await Promise.all<[Promise<Download>, Promise<void>]>([page.waitForEvent('download'), link.click()])
  return readFileSync(await file.path(), 'utf8')
}

describe.each(lives)('$name, in $language', ({ language, name, admin, administrator, country, rooms, room, notGranted, lead, helper }) => {
  const w = words[language as Language]
  const theme = language === 'fr' ? 'dark' : 'light'
  /** axe looks at a page in one language; the other has the same elements. */
  const sound = async (page: Page) => expect(language === 'en' ? await findings(page) : []).toEqual([])
  const enter = async (login: string, path: string, expects: readonly RegExp[] = []) => {
    const page = await open(browser, { language, theme, expects })
    await signIn(page, login, path)
    return page
  }

  test('the partner removes it after keeping the record, and the customer is told', async () => {
    const theirs = await enter(admin, '/portal', [/^401 \/api\/(me$|partnership)/]) // what it asks after it was signed out
    if ((await partnership(theirs)).relation === undefined) return // an earlier run has ended it
    const page = await enter(people.primaryAdmin, '/customers')
    await row(page, name).click()
    await pane(page).getByRole('button', { name: w.common.kit.more }).click()
    await page.getByRole('menuitem', { name: w.customers.leave.command }).click()
    const dialog = question(page)
    await dialog.getByText(said(w.customers.leave.ends, { name })).waitFor()
    for (const form of ['csv', 'jsonl'] as const) {
      expect(await downloaded(page, dialog.getByRole('link', { name: w.customers.leave[form] }))).toContain('invitation')
    }
    await dialog.getByRole('textbox').fill(name)
    await button(dialog, w.customers.leave.action).click()
    await page.getByText(said(w.customers.leave.done, { name })).waitFor()
    await pane(page).waitFor({ state: 'detached' })
    await expect.poll(() => new URL(page.url()).searchParams.get('open')).toBeNull()
    expect(await customerId(page, name)).toBe('')
    await sound(page)
    await picture(page, `left-${language}`)

    // The customer's people were signed out by it.
    await signIn(theirs, admin, '/portal')
    const ended = theirs.locator('.plead', { hasText: w.portal.ended.partner.split('{{date}}')[0] ?? '' })
    await ended.waitFor()
    await expect.poll(() => ended.innerText()).toContain(partner)
    await sound(theirs)
    await picture(theirs, `ended-${language}`)
  })

  test('invites with everything chosen; the partner accepts it, and works as it was chosen', async () => {
    const manager = await enter(people.tenantManager, '/customers')
    const customer = await enter(admin, '/portal')
    const end = dayAhead(20, language)
    const facilities = `facilities@${admin.split('@')[1] ?? ''}`
    const { text: code } = await call<{ text: string }>(manager, 'POST', '/invitation-codes', { note: name, expiresInDays: 1 })
    await consent(customer)
    await invite(customer, code, end.field, facilities)
    await accept(manager, end.written, facilities)

    // The customer is told, and sees what it agreed.
    await customer.goto(`${base}/portal`)
    await customer.getByText(w.portal.tag.active).waitFor()
    await main(customer).getByText(lead.name).waitFor()
    for (const fact of [end.written, facilities, 'Nadia Haddad', 'Phishing-resistant MFA', said(w.portal.retention_other, { count: 90 })]) {
      await expect.poll(() => main(customer).innerText()).toContain(fact)
    }
    await customer.getByText(known(w.portal.coming.date)).waitFor()
    await sound(customer)
    await picture(customer, `life-home-${language}`)

    // Who was named has the rooms after the sign-in that was demanded, and no others.
    const page = await enter(lead.login, '/rooms', [/^404 \/api\/rooms\//]) // an open room is read again while another sign-in is demanded
    await page.locator('.stepup').getByText('Phishing-resistant MFA').waitFor()
    expect(await rows(page).count()).toBe(0)
    await stepUp(page)
    await expect.poll(async () => (await call<{ total: number }>(page, 'GET', '/rooms?limit=1&total=true')).total, { timeout: within(60_000) }).toBe(rooms)
    await page.reload()
    await rows(page).first().waitFor()
    expect(await page.locator('.grid').innerText()).not.toContain(notGranted)
    const id = await customerId(page, name)
    await page.goto(`${base}/customers?open=${id}`)
    await pane(page).getByText(known(w.customers.ending.title)).waitFor()
    await sound(page)
    await picture(page, `life-ending-${language}`)

    // A restart waits, is approved, and done; so does an export.
    await page.goto(`${base}/rooms?q=${room}`)
    await rows(page).first().click()
    await button(pane(page), w.rooms.actions.request).click()
    await question(page).getByText(said(w.rooms.actions.waitsFor, { customer: name })).waitFor()
    await button(question(page), w.rooms.actions.request).click()
    await question(page).getByText(w.common.waits.title).waitFor()
    await sound(page)
    await picture(page, `life-restart-waits-${language}`)
    await button(question(page), w.common.kit.close).click()
    await gone(question(page))
    await pane(page).getByRole('tab', { name: w.rooms.actions.tab }).click()
    await pane(page).getByText(w.rooms.actions.none).waitFor()
    await approve(customer, said(w.change.deed.action.restart, { object: room }))
    await page.reload()
    await pane(page).locator('.rm-action').waitFor()

    const asking = await page.context().newPage()
    await asking.goto(`${base}/c/${id}/audit`)
    await button(asking, w.audit.command.ask).click()
    await button(question(asking), w.audit.ask.action).click()
    await question(asking).getByText(w.common.waits.title).waitFor()
    await picture(asking, `life-export-waits-${language}`)
    await button(question(asking), w.common.kit.close).click()
    await approve(customer, w.change.deed.export.create)
    await asking.reload()
    const csv = await downloaded(asking, asking.getByRole('link', { name: w.audit.command.csv }))
    expect(csv).toContain(lead.name)
    expect(csv).toContain('invitation')

    // Another sign-in, saved later, holds for the next click; and so does that there is none any more.
    await customer.goto(`${base}/portal`)
    await customer.getByRole('link', { name: w.portal.home.changeRelation }).click()
    await demand(customer, 'Compliant device')
    await asking.goto(`${base}/c/${id}/rooms`)
    await asking.getByRole('heading', { level: 1, name: /Compliant device/ }).waitFor()
    await sound(asking)
    await picture(asking, `life-stepup-${language}`)
    await asking.getByRole('link', { name: w.app.stepUp.go }).click()
    await button(asking, 'Confirm').click()
    await asking.waitForURL(`${base}/c/${id}/rooms`)
    await rows(asking).first().waitFor()
    await demand(customer, w.portal.signin.own)
    expect((await partnership(customer)).relation?.strongAuth).toBeUndefined()

    await page.goto(`${base}/rooms?q=${room}`)
    await rows(page).first().click()
    await pane(page).getByRole('tab', { name: w.rooms.actions.tab }).click()
    await pane(page).locator('[data-state=succeeded]').waitFor({ timeout: within(90_000) })
    await picture(page, `life-restart-done-${language}`)
  }, within(300_000))

  test('cuts people and roles, is asked about new primary admins, and ends the relation', async () => {
    const page = await enter(lead.login, '/rooms')
    const id = await customerId(page, name)
    const directory = await call<{ items: { id: string; name: string }[] }>(page, 'GET', `/directory?q=${encodeURIComponent(helper.name)}`)
    const { id: role } = await call<{ id: string }>(page, 'POST', `/customers/${id}/roles`, { name: 'Floor walkers', permissions: ['rooms.view'] })
    await call(page, 'POST', `/customers/${id}/assignments`, {
      role,
      name: 'Walking the floors',
      members: [{ kind: 'user', id: directory.items[0]?.id }],
      scopes: [{ kind: 'all' }],
    })
    const walker = await enter(helper.login, '/rooms')
    await rows(walker).first().waitFor()

    const customer = await enter(admin, '/portal', [/^404 \/api\/partnership\/(admins|access)$/]) // there is none any more at the end
    await customer.getByRole('link', { name: w.app.nav['portal/members'] }).click()
    await cut(customer, said(w.portal.members.removeOf, { name: helper.name }), said(w.portal.remove.done, { name: helper.name }))
    await walker.reload()
    await walker.getByRole('heading', { level: 1, name: w.app.noRole.title }).waitFor()
    expect(await walker.locator('body').innerText()).not.toContain(name)

    await page.goto(`${base}/c/${id}/roles`)
    await page.getByRole('link', { name: 'Floor walkers' }).waitFor()
    await cut(customer, w.portal.members.removeRole, said(w.portal.remove.done, { name: 'Floor walkers' }))
    await page.reload()
    await page.getByRole('link', { name: w.customers.fact.admins }).first().waitFor()
    expect(await page.getByRole('link', { name: 'Floor walkers' }).count()).toBe(0)

    // The last primary admin: nobody sees a room, until one is proposed whom the customer confirms.
    await cut(customer, said(w.portal.members.removeOf, { name: lead.name }), said(w.portal.remove.done, { name: lead.name }), said(w.portal.remove.last, { partner }))
    await page.goto(`${base}/rooms`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    expect(await rows(page).count()).toBe(0)
    await picture(page, `life-without-${language}`)
    await customer.getByRole('link', { name: w.app.nav.portal, exact: true }).click()
    await customer.getByText(w.portal.tag.unled).waitFor()
    await customer.getByText(said(w.portal.admins.missingText, { partner })).waitFor()
    await picture(customer, `life-unled-${language}`)

    const manager = await enter(people.tenantManager, '/customers', [/^404 \/api\/customers\/[^/]+$/]) // its pane is open when the relation ends
    await manager.getByRole('tab', { name: w.customers.tab.withoutAdmin }).click()
    await row(manager, name).click()
    await propose(manager)
    await picture(manager, `life-proposed-${language}`)
    await customer.reload()
    await customer.getByText(said(w.portal.admins.proposes, { partner })).waitFor()
    await sound(customer)
    await picture(customer, `life-confirm-${language}`)
    await button(main(customer), w.portal.admins.refuse).click()
    await button(question(customer), w.portal.admins.refuse).click()
    await customer.getByText(said(w.portal.admins.missingText, { partner })).waitFor()
    await gone(question(customer))
    await manager.reload()
    await propose(manager)
    await customer.reload()
    await button(main(customer), w.portal.admins.confirm).click()
    await customer.getByText(w.portal.tag.active).waitFor()
    await quiet(customer)
    await page.goto(`${base}/rooms`)
    await rows(page).first().waitFor()

    await ends(customer)
    await page.goto(`${base}/rooms`)
    await page.getByRole('heading', { level: 1, name: w.app.noRole.title }).waitFor()
    await customer.getByRole('link', { name: w.app.nav['portal/members'] }).click()
    await customer.getByText(w.portal.members.noRelation).waitFor()
  }, within(240_000))

  /** Gives consent on Entra's page, because what was known of it went with the former relation. */
  async function consent(page: Page): Promise<void> {
    await page.getByRole('link', { name: w.portal.consent.give }).click()
    await page.getByText(administrator).click()
    await button(page, 'Accept').click()
    await page.getByText(w.portal.outcome.ok).waitFor()
    await button(page, w.common.kit.dismiss).click()
    await page.waitForURL(`${base}/portal`)
  }

  /** The wizard from the first step to the sent invitation, with every option another than it stands. */
  async function invite(page: Page, code: string, endsOn: string, contact: string): Promise<void> {
    const next = () => page.locator('.pfoot .btn.p').click()
    const text = w.portal
    await page.getByRole('link', { name: text.invitation.again }).or(page.getByRole('link', { name: text.invitation.invite })).click()
    await page.getByRole('textbox', { name: text.wizard.partner.domain }).fill('partner.example')
    await page.getByRole('textbox', { name: text.wizard.partner.code }).fill(code)
    await page.getByRole('spinbutton', { name: text.wizard.partner.days }).fill('5')
    await next()
    await page.getByRole('radio', { name: text.wizard.rooms.places }).check()
    await page.getByRole('treeitem', { name: new RegExp(`^${country}`) }).click()
    await page.getByText(said(text.wizard.rooms.count, { covered: rooms, total: rooms + 12 }), { exact: true }).first().waitFor()
    await next()
    await page.getByRole('group', { name: w.common.permission.groups.is, exact: true }).getByRole('checkbox', { name: w.common.permission.groups.create }).check()
    await next()
    for (const event of ['action', 'export'] as const) {
      await page.getByRole('radiogroup', { name: text.event[event].is }).getByRole('radio', { name: text.control.manual }).check()
    }
    await page.getByRole('radio', { name: 'Phishing-resistant MFA' }).check()
    await page.getByLabel(text.endDate.label).fill(endsOn)
    await picture(page, `life-control-${language}`)
    await next()
    await page.getByRole('spinbutton', { name: text.data.retention }).fill('90')
    await page.getByRole('spinbutton', { name: text.data.seal }).fill('10')
    await page.getByRole('textbox', { name: text.contacts.label }).fill(`${admin}\n${contact}`)
    await next()
    await page.getByRole('checkbox').check()
    await next()
    await page.getByText(said(text.wizard.review.roomsOf, { covered: rooms, total: rooms + 12 })).waitFor()
    await picture(page, `life-review-${language}`)
    await button(page, text.wizard.submit).click()
    await page.getByText(said(text.invitation.pending, { partner }), { exact: true }).waitFor()
    await quiet(page)
  }

  /** From the bell to the accepted invitation. What the customer chose stands in it, and once more before it is accepted. */
  async function accept(page: Page, endsOn: string, contact: string): Promise<void> {
    const text = w.customers
    await page.reload()
    await page.locator('button.bell').click()
    await page.locator('.told').getByText(said(w.notify.kind.invitation.sent, { customer: name, partner })).first().click()
    await row(page, name).click()
    await page.getByRole('heading', { name: said(text.invitation.title, { name }) }).waitFor()
    const chosen = [
      said(text.ceiling.count, { held: 13, all: 21 }),
      said(text.roomsToday_other, { count: rooms }),
      said(text.grant.rule, { place: country }),
      w.portal.event.action.is,
      w.portal.event.export.is,
      'Phishing-resistant MFA',
      endsOn,
      said(text.retention_other, { count: 90 }),
      said(text.agreed.sealed_other, { count: 10 }),
    ]
    for (const fact of [...chosen, contact]) await expect.poll(() => pane(page).innerText()).toContain(fact)
    await sound(page)
    await picture(page, `life-invitation-${language}`)
    await button(pane(page), text.command.accept).click()
    const dialog = page.getByRole('dialog', { name: said(text.accept.title, { name }) })
    await pick(page, dialog)
    await button(dialog, w.common.kit.next).click()
    await dialog.getByText(said(text.grant.rule, { place: country })).waitFor()
    for (const fact of [...chosen, lead.name]) await expect.poll(() => dialog.innerText()).toContain(fact)
    await sound(page)
    await picture(page, `life-accept-${language}`)
    await button(dialog, text.accept.submit).click()
    await gone(dialog)
    await pane(page).getByText(said(text.first.notMine, { name })).waitFor()
  }

  /** Chooses the one who shall lead in a dialog that asks for people. */
  async function pick(page: Page, dialog: Locator): Promise<void> {
    await dialog.getByRole('combobox').fill(lead.name.split(' ')[0] ?? '')
    await page.getByRole('option', { name: new RegExp(lead.name) }).waitFor()
    await page.keyboard.press('Enter')
    await dialog.getByText(lead.name).first().waitFor()
  }

  async function propose(page: Page): Promise<void> {
    const text = w.customers.without
    await button(pane(page), text.propose).click()
    const dialog = page.getByRole('dialog', { name: said(text.proposeTitle, { name }) })
    await pick(page, dialog)
    await button(dialog, text.send).click()
    await gone(dialog)
    await pane(page).getByText(said(text.waits, { name })).waitFor()
  }

  async function stepUp(page: Page): Promise<void> {
    await page.locator('.stepup').getByRole('link', { name: w.app.stepUp.go }).click()
    await button(page, 'Confirm').click()
    await page.waitForURL(`${base}/rooms`)
    await page.waitForSelector('#page h1')
  }

  /** Saves how the partner's people must sign in, on the page of the relation. */
  async function demand(page: Page, how: string): Promise<void> {
    await page.getByRole('radio', { name: how }).check()
    await button(page, said(w.portal.settings.save, { what: w.portal.fact.signin })).click()
    await page.locator('.toast', { hasText: w.portal.settings.saved }).waitFor()
    await quiet(page)
  }

  /** From the customer's home to an approved request that was done. */
  async function approve(page: Page, deed: string): Promise<void> {
    await page.goto(`${base}/portal`)
    const waiting = page.getByRole('listitem').filter({ hasText: deed })
    await waiting.getByRole('link').click()
    await button(pane(page), w.change.command.approve).click()
    await button(question(page), w.change.command.approve).click()
    await gone(question(page))
    await pane(page).getByText(w.change.state.done).first().waitFor({ timeout: within(20_000) })
  }

  /** Takes something of the partner's access away, after the question says what that means. */
  async function cut(page: Page, command: string, done: string, warning?: string): Promise<void> {
    await button(main(page), command).click()
    if (warning !== undefined) await question(page).getByText(warning).waitFor()
    await sound(page)
    await button(question(page), w.portal.members.remove).click()
    await page.locator('.toast', { hasText: done }).waitFor()
    await gone(question(page))
    await button(main(page), command).waitFor({ state: 'detached' })
  }

  /** Ends the relation at home, takes the record that is kept, and deletes it. */
  async function ends(page: Page): Promise<void> {
    const text = w.portal
    await button(page, text.end.command).click()
    await question(page).getByText(said(text.end.erased2, { partner })).waitFor()
    await sound(page)
    await picture(page, `life-end-${language}`)
    await question(page).getByRole('textbox').fill(partner)
    await button(question(page), text.end.command).click()
    await gone(question(page))
    await page.getByRole('heading', { name: text.record.title, exact: true }).waitFor()
    await sound(page)
    await picture(page, `life-ended-${language}`)
    expect(await downloaded(page, page.getByRole('link', { name: text.record.download }))).toContain('invitation.accept')
    await button(page, text.record.drop).click()
    await button(question(page), text.record.drop).click()
    await page.getByRole('heading', { name: text.record.title, exact: true }).waitFor({ state: 'detached' })
    await gone(question(page))
  }
})
