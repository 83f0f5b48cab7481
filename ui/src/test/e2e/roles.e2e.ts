import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import en from '../../access/text.en.json'
import fr from '../../access/text.fr.json'
import commonEn from '../../text/common.en.json'
import commonFr from '../../text/common.fr.json'
import { base, call, customerId, findings, open, openBrowser, people, picture, search, signIn, within } from './harness'
import { said } from './words'

const both = [
  ['en', en, commonEn],
  ['fr', fr, commonFr],
] as const

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const button = (within: Page | Locator, name: string) => within.getByRole('button', { name, exact: true })
/** The bar that says why. */
const note = (page: Page, text: string) => page.locator('.note', { hasText: text })
const tick = (page: Page, permission: string) => page.locator(`[data-permission="${permission}"]`)

interface Named {
  readonly id: string
  readonly name: string
}

const list = async <T extends Named>(page: Page, path: string) => (await call<{ items: T[] }>(page, 'GET', path)).items

/** Removes what a run that was cut off left behind, and what this one makes. */
async function clean(page: Page, customer: string, name: string): Promise<void> {
  for (const role of await list(page, `/customers/${customer}/roles`)) {
    if (role.name.startsWith(name)) await call(page, 'DELETE', `/customers/${customer}/roles/${role.id}`)
  }
}

test.each(both)('a role from nothing to members and back, in %s', async (language, words, common) => {
  const name = `Night desk ${language}`
  const page = await open(browser, { language, theme: language === 'fr' ? 'dark' : 'light', expects: [/^409 .*\/roles$/, /^412 .*\/roles\//] })
  await signIn(page, people.primaryAdmin, '/roles')
  const northwind = await customerId(page, 'Northwind Traders')
  await clean(page, northwind, name)

  // Under all customers the page asks which, with the switch open.
  await page.getByText(words.roles.askCustomer).waitFor()
  await page.getByRole('option', { name: 'Northwind Traders' }).click()
  await page.waitForURL(`**/c/${northwind}/roles`)
  const column = page.locator('nav.rl')
  await column.getByRole('link', { name: words.roles.primaryAdmins }).waitFor()
  await expect.poll(() => column.locator('.it .b').first().innerText()).toBe(words.roles.primaryAdmins)
  await note(page, words.roles.why['role-built-in']).waitFor()
  expect(await findings(page)).toEqual([])

  // A new role from a template: its name is taken once, then its own.
  await column.getByRole('button', { name: words.roles.new }).click()
  const making = page.getByRole('dialog')
  await making.getByRole('radio', { name: words.templates.name['help-desk'] }).check()
  await making.getByRole('textbox', { name: words.roles.name, exact: false }).first().fill('Help desk')
  await button(making, words.newRole.create).click()
  await making.getByText(common.errors['role-name-taken']).waitFor()
  expect(await findings(page)).toEqual([])
  await making.getByRole('textbox', { name: words.roles.name, exact: false }).first().fill(name)
  await button(making, words.newRole.create).click()
  await page.getByRole('heading', { name }).waitFor()
  const role = search(page).get('role') ?? ''
  const address = `/customers/${northwind}/roles/${role}`

  // The matrix by keyboard; what the customer does not grant is locked and says so.
  const locked = tick(page, 'rooms.create')
  await expect.poll(() => locked.getAttribute('aria-disabled')).toBe('true')
  await expect.poll(() => locked.getAttribute('title')).toBe(said(words.roles.notGranted, { customer: 'Northwind Traders' }))
  await tick(page, 'rooms.view').focus()
  await page.keyboard.press('End')
  await page.keyboard.press('Space') // locked: nothing happens
  await page.keyboard.press('Home')
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowRight', 'Space']) await page.keyboard.press(key)
  await expect.poll(() => tick(page, 'rings.modify').getAttribute('aria-checked')).toBe('true')
  await expect.poll(() => tick(page, 'rings.view').getAttribute('aria-checked')).toBe('true')
  await page.getByText(words.gives.rings.modify).waitFor()
  await page.getByText(words.roles.givenToNobody).waitFor()
  expect(await findings(page)).toEqual([])

  // Leaving asks, and staying keeps the changes.
  await column.getByRole('link', { name: words.roles.primaryAdmins }).click()
  await button(page.getByRole('alertdialog'), common.form.stay).click()
  await button(page, said(words.roles.saveCount_other, { count: 2 })).waitFor()
  await page.keyboard.press('Control+s')
  await page.getByText(said(words.roles.saved, { name })).waitFor()
  const saved = await call<{ permissions: string[]; version: number }>(page, 'GET', address)
  expect(saved.permissions).toEqual(['rooms.view', 'rings.view', 'rings.modify', 'tickets.view', 'tickets.update', 'tickets.create'])

  // Somebody changes it meanwhile: both changes stand in the end.
  await tick(page, 'reports.view').click()
  await call(page, 'PUT', address, { name, description: 'theirs', permissions: saved.permissions.filter((one) => one !== 'tickets.create') })
  await page.keyboard.press('Control+s')
  await button(page, words.roles.keepMine).click()
  await button(page, said(words.roles.saveCount_one, { count: 1 })).click()
  // The message of the former save may still stand: what counts is what is kept.
  const kept = () => call<{ permissions: string[]; description: string }>(page, 'GET', address)
  await expect
    .poll(async () => (await kept()).permissions, { timeout: within(20_000) })
    .toEqual(['rooms.view', 'rings.view', 'rings.modify', 'reports.view', 'tickets.view', 'tickets.update'])
  expect((await kept()).description).toBe('theirs')
  await page.waitForFunction(() => document.querySelector('.pfoot .btn.p')?.getAttribute('aria-disabled') === 'true')

  // An assignment, by the wizard.
  await page.getByRole('tab', { name: words.roles.assignments }).click()
  await button(page, words.assign.new).click()
  const wizard = page.getByRole('dialog', { name: said(words.assign.newTitle, { role: name }) })
  const next = () => button(wizard, common.kit.next).click()
  await next()
  await wizard.getByText(common.form.problems).waitFor()
  await wizard.locator('input[name=name]').fill('Tier 1')
  await wizard.getByRole('radio', { name: words.assign.endWeek }).check()
  expect(await findings(page)).toEqual([])
  await next()
  await wizard.getByRole('combobox').fill('lyon')
  await page.getByRole('option', { name: 'Équipe Lyon' }).click()
  expect(await findings(page)).toEqual([])
  await next()
  await wizard.getByRole('radio', { name: words.scope.some }).check()
  await wizard.getByRole('searchbox').fill('waverley')
  await wizard.getByRole('option', { name: 'Boardrooms over 12 seats' }).waitFor({ state: 'detached' })
  await wizard.getByRole('listbox', { name: words.scope.groups }).focus()
  await page.keyboard.press('Space')
  await wizard.locator('.chip', { hasText: 'Waverley House' }).waitFor()
  expect(await findings(page)).toEqual([])
  await next()
  const things = said(words.sentence.things_other, { count: 6 })
  await expect.poll(() => wizard.locator('.rsays').innerText()).toContain(said(words.sentence.may_other, { things }))
  await expect.poll(() => wizard.locator('.rsays').innerText()).toContain('Waverley House')
  expect(await findings(page)).toEqual([])
  await picture(page, `roles-wizard-${language}`)
  await button(wizard, words.assign.give).click()
  await wizard.waitFor({ state: 'detached' })
  await page.getByRole('rowheader', { name: 'Tier 1' }).waitFor()
  await expect.poll(() => page.locator('.ra tbody tr').count()).toBe(1)
  expect(await findings(page)).toEqual([])

  // It ends within seven days: the reminder leads to it. Then it is changed, and removed.
  await page.locator('.rsoon').getByRole('link', { name: 'Tier 1' }).click()
  const shown = page.getByRole('dialog', { name: 'Tier 1' })
  await shown.waitFor()
  await expect.poll(() => search(page).get('assignment')).not.toBeNull()
  expect(await findings(page)).toEqual([])
  await button(shown, words.assign.edit).click()
  const edit = page.getByRole('dialog', { name: said(words.assign.editTitle, { name: 'Tier 1' }) })
  await edit.getByRole('button', { name: said(common.form.editOf, { title: words.assign.name }) }).click()
  await edit.getByRole('radio', { name: words.assign.endNone }).check()
  await button(edit, common.form.backToReview).click()
  await button(edit, words.roles.save).click()
  await edit.waitFor({ state: 'detached' })
  const [given] = await list<Named & { endsAt?: string; roleName: string }>(page, `/customers/${northwind}/assignments?role=${role}`)
  expect(given).toMatchObject({ name: 'Tier 1', roleName: name })
  expect(given?.endsAt).toBeUndefined()

  // Changing the role names whom it affects.
  await page.getByRole('tab', { name: words.roles.permissions }).click()
  await tick(page, 'rooms.act').click()
  await page.getByText('(Tier 1)').waitFor()
  await picture(page, `roles-${language}`)
  await button(page, words.roles.discard).click()

  await page.getByRole('tab', { name: words.roles.assignments }).click()
  await button(page, said(words.assign.commandsOf, { name: 'Tier 1' })).click()
  await page.getByRole('menuitem', { name: words.assign.remove }).click()
  const asking = page.getByRole('alertdialog', { name: said(words.assign.removeTitle, { name: 'Tier 1', customer: 'Northwind Traders' }) })
  await asking.getByText('Équipe Lyon').waitFor()
  await button(asking, words.assign.remove).click()
  await page.getByText(said(words.assign.none, { name })).waitFor()

  // And the role itself.
  await button(page, words.roles.delete).click()
  const deleting = page.getByRole('alertdialog', { name: said(words.roles.deleteTitle, { name, customer: 'Northwind Traders' }) })
  await deleting.getByText(words.roles.losesNothing).waitFor()
  await button(deleting, words.roles.delete).click()
  await page.getByText(said(words.roles.deleted, { name })).waitFor()
  await column.getByRole('link', { name }).waitFor({ state: 'detached' })
})

test.each(both)('a role goes to other customers, and a template too, in %s', async (language, words, common) => {
  const name = `Carried ${language}`
  const page = await open(browser, { language })
  await signIn(page, people.primaryAdmin, '/role-templates')
  const [northwind, contoso] = [await customerId(page, 'Northwind Traders'), await customerId(page, 'Contoso')]
  for (const id of [northwind, contoso]) await clean(page, id, name)
  for (const one of await list(page, '/role-templates')) if (one.name === name) await call(page, 'DELETE', `/role-templates/${one.id}`)

  // A template of one's own, with something that customers do not grant.
  await note(page, words.templates.builtInStays).waitFor()
  for (const id of ['site-lead', 'site-technician', 'help-desk'] as const) {
    await page.locator('nav.rl').getByRole('link', { name: words.templates.name[id] }).click()
    await page.getByRole('heading', { name: words.templates.name[id] }).waitFor()
  }
  await button(page, words.templates.new).click()
  const making = page.getByRole('dialog')
  await making.locator('input[name=name]').fill(name)
  await button(making, words.newRole.create).click()
  await page.getByRole('heading', { name, level: 2 }).waitFor()
  await tick(page, 'rooms.unenroll').click()
  await tick(page, 'tickets.update').click()
  await button(page, said(words.roles.saveCount_other, { count: 4 })).click()
  await page.getByText(said(words.templates.saved, { name })).waitFor()
  expect(await findings(page)).toEqual([])

  const carry = async (title: string, chosen: string, outcome: string) => {
    const wizard = page.getByRole('dialog', { name: title })
    await wizard.getByRole('option', { name: chosen }).click()
    expect(await findings(page)).toEqual([])
    await button(wizard, common.kit.next).click()
    const row = wizard.getByRole('row', { name: chosen })
    await row.waitFor()
    await expect.poll(() => row.innerText()).toContain(outcome)
    expect(await findings(page)).toEqual([])
    return { wizard, row }
  }
  await button(page, words.templates.apply).click()
  const first = await carry(said(words.apply.title, { name }), 'Northwind Traders', words.apply.is.create)
  const cut = said(common.kit.deedOf, { thing: common.permission.rooms.is, deed: common.permission.rooms.unenroll })
  await expect.poll(() => first.row.innerText()).toContain(cut)
  await picture(page, `template-apply-${language}`)
  // Nothing has happened yet.
  expect((await list(page, `/customers/${northwind}/roles`)).some((role) => role.name === name)).toBe(false)
  await button(first.wizard, said(words.apply.send_one, { count: 1 })).click()
  await page.getByText(said(words.apply.done_one, { count: 1 })).waitFor()
  await expect.poll(() => page.getByRole('row', { name: 'Northwind Traders' }).innerText()).toContain(words.apply.is.created)
  await page.getByRole('dialog').locator('.btn.p').click()

  // From the one customer to another.
  const made = (await list<Named & { permissions: string[] }>(page, `/customers/${northwind}/roles`)).find((role) => role.name === name)
  expect(made?.permissions).toEqual(['rooms.view', 'tickets.view', 'tickets.update'])
  await page.goto(`${base}/c/${northwind}/roles?role=${made?.id ?? ''}`)
  await button(page, words.roles.copy).click()
  const second = await carry(said(words.apply.copyTitle, { name }), 'Contoso', words.apply.is.create)
  await button(second.wizard, said(words.apply.send_one, { count: 1 })).click()
  await page.getByText(said(words.apply.done_one, { count: 1 })).waitFor()
  expect((await list(page, `/customers/${contoso}/roles`)).some((role) => role.name === name)).toBe(true)
  await page.getByRole('dialog').locator('.btn.p').click()

  // The template goes, its roles stay.
  await page.goto(`${base}/role-templates`)
  await page.locator('nav.rl').getByRole('link', { name }).click()
  await button(page, words.roles.delete).click()
  await button(page.getByRole('alertdialog'), words.roles.delete).click()
  await page.getByText(said(words.templates.deleted, { name })).waitFor()
  expect((await list(page, `/customers/${contoso}/roles`)).some((role) => role.name === name)).toBe(true)
  for (const id of [northwind, contoso]) await clean(page, id, name)
})

test('the last primary admin stays', async () => {
  const page = await open(browser, { expects: [/^409 .*\/assignments\//] })
  await signIn(page, people.primaryAdmin)
  const northwind = await customerId(page, 'Northwind Traders')
  await page.goto(`${base}/c/${northwind}/roles?tab=assignments`)
  await page.locator('.ra .ib').first().click()
  await page.getByRole('menuitem', { name: en.assign.remove }).click()
  const asking = page.getByRole('alertdialog')
  await button(asking, en.assign.remove).click()
  await asking.getByText(commonEn.errors['last-primary-admin']).waitFor()
  expect(await findings(page)).toEqual([])
})

test('who may look but not change sees everything and why, and who may not look sees nothing', async () => {
  const admin = await open(browser)
  await signIn(admin, people.primaryAdmin)
  const contoso = await customerId(admin, 'Contoso')
  const name = 'Onlooker'
  await clean(admin, contoso, name)
  const found = await list<Named & { kind: string; detail?: string }>(admin, '/directory?q=tomasz')
  const technician = found.find((one) => one.detail === people.technician)
  const role = await call<Named>(admin, 'POST', `/customers/${contoso}/roles`, { name, permissions: ['roles.view'] })
  await call(admin, 'POST', `/customers/${contoso}/assignments`, {
    role: role.id,
    name: 'Looks on',
    members: [{ kind: 'user', id: technician?.id }],
    scopes: [{ kind: 'all' }],
  })

  const page = await open(browser)
  await signIn(page, people.technician, `/c/${contoso}/roles?role=${role.id}`)
  await note(page, en.roles.why['may-not-change']).waitFor()
  const view = tick(page, 'roles.view')
  await expect.poll(() => view.getAttribute('aria-checked')).toBe('true')
  await view.click({ force: true })
  await expect.poll(() => view.getAttribute('aria-checked')).toBe('true')
  expect(await page.locator('.pfoot').count()).toBe(0)
  for (const deed of [en.roles.delete, en.roles.copy]) await expect.poll(() => button(page, deed).getAttribute('aria-disabled')).toBe('true')
  expect(await findings(page)).toEqual([])
  await page.getByRole('tab', { name: en.roles.general }).click()
  await expect.poll(() => page.locator('input[name=name]').isDisabled()).toBe(true)
  await page.getByRole('tab', { name: en.roles.assignments }).click()
  await expect.poll(() => button(page, en.assign.new).getAttribute('aria-disabled')).toBe('true')
  await page.getByRole('button', { name: 'Looks on' }).first().click()
  await button(page.getByRole('dialog'), en.assign.edit).waitFor()
  await expect.poll(() => button(page.getByRole('dialog'), en.assign.edit).getAttribute('aria-disabled')).toBe('true')
  expect(await findings(page)).toEqual([])
  await picture(page, 'roles-read-only')

  // The role goes while it is looked at: the next click shows nothing of it.
  await clean(admin, contoso, name)
  await page.goto(`${base}/c/${contoso}/roles`)
  await page.locator('#page').waitFor()
  await page.waitForFunction(() => document.querySelector('#page h1, #page .empty') !== null)
  expect(await page.locator('body').innerText()).not.toContain('Primary admins')
})
