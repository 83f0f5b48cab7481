import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import app from '../../app/text.en.json'
import words from '../../rooms/text.en.json'
import mots from '../../rooms/text.fr.json'
import common from '../../text/common.en.json'
import { base, call, customerId, findings, open, openBrowser, pane, people, picture, rows, search, signIn } from './harness'
import { said } from './words'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const en = words.groups
const fr = mots.groups
interface Me {
  readonly person: { readonly id: string }
  readonly holdings: readonly { readonly customerId: string; readonly customerName: string; readonly permissions: readonly string[] }[]
}

/**
 * Goes to the groups of Contoso, whose ceiling lets the partner make some, as the primary admin, who gives themselves what
 * the built-in role lacks. Answers Contoso's id.
 */
async function editor(page: Page): Promise<string> {
  await signIn(page, people.primaryAdmin, '/rooms')
  const me = await call<Me>(page, 'GET', '/me')
  const contoso = me.holdings.find((holding) => holding.customerName === 'Contoso')
  const id = contoso?.customerId ?? ''
  if (contoso?.permissions.includes('groups.create') !== true) {
    const role = await call<{ id: string }>(page, 'POST', `/customers/${id}/roles`, {
      name: 'Group editors',
      permissions: ['groups.view', 'groups.create', 'groups.modify'],
    })
    const members = [{ kind: 'user', id: me.person.id }]
    await call(page, 'POST', `/customers/${id}/assignments`, { role: role.id, name: 'Group editors', members, scopes: [{ kind: 'all' }] })
  }
  await page.goto(`${base}/c/${id}/groups`)
  await page.getByRole('button', { name: en.new }).or(page.getByRole('button', { name: fr.new })).waitFor()
  return id
}

const wizard = (page: Page) => page.getByRole('dialog').first()
const unique = (name: string) => `${name} ${Date.now().toString(36)}`

describe('room groups', () => {
  test('from Rooms to a fixed group: its rooms, its filter, its room’s details', async () => {
    const page = await open(browser)
    const id = await editor(page)
    await page.goto(`${base}/c/${id}/rooms`)
    await rows(page).first().waitFor()
    await page.locator('#page').getByRole('button', { name: en.title }).click()
    await page.getByRole('heading', { name: en.title, level: 1 }).waitFor()
    await expect.poll(() => page.getByRole('navigation', { name: app.nav.label }).getByRole('link', { name: app.nav.groups }).getAttribute('aria-current')).toBe('page')
    expect(await findings(page)).toEqual([])
    await picture(page, 'groups')

    const name = unique('Visited first')
    await page.getByRole('button', { name: en.new }).click()
    await wizard(page).getByRole('button', { name: common.kit.next }).click()
    await wizard(page).getByText(en.wrong.nameNeeded).first().waitFor()
    await wizard(page).getByLabel(en.name).fill(name)
    expect(await findings(page)).toEqual([])
    await picture(page, 'groups-name')
    await wizard(page).getByRole('button', { name: common.kit.next }).click()
    await wizard(page).getByText(en.chooseFirst).waitFor()
    await wizard(page).getByLabel(en.findRoom).fill('Vista')
    await expect.poll(() => wizard(page).getByRole('option').first().innerText()).toContain('Vista Park')
    await wizard(page).getByRole('listbox', { name: en.itsRooms }).focus()
    for (const key of ['Space', 'ArrowDown', 'Space']) await page.keyboard.press(key)
    await wizard(page).getByText(said(en.willHave_other, { count: 2 })).waitFor()
    await wizard(page).getByText(said(en.enter_other, { count: 2 })).click()
    expect(await findings(page)).toEqual([])
    await picture(page, 'groups-pick')
    await expect.poll(() => wizard(page).locator('.rg-moves li').count()).toBe(2)
    await wizard(page).getByRole('button', { name: common.kit.next }).click()
    await wizard(page).getByText(en.accessNew).waitFor()
    await picture(page, 'groups-review')
    await wizard(page).getByRole('button', { name: en.make }).click()
    await pane(page).getByRole('heading', { name, exact: true }).waitFor()
    await expect.poll(() => search(page).get('open')).not.toBeNull()
    await pane(page).getByRole('link', { name: said(en.roomCount_other, { count: 2 }) }).click()

    await page.getByRole('heading', { name: words.title, level: 1 }).waitFor()
    await expect.poll(() => rows(page).count()).toBe(2)
    await page.getByRole('button', { name: `${common.list.filterIs.replace('{{name}}', en.one)} ${name}` }).waitFor()
    await rows(page).first().click()
    await pane(page).getByRole('link', { name, exact: true }).waitFor()
    await picture(page, 'groups-filter')
    await pane(page).getByRole('link', { name, exact: true }).click()

    await pane(page).getByRole('button', { name: en.delete }).click()
    const asked = page.getByRole('alertdialog')
    await asked.getByText(said(en.deleteText_other, { count: 2 })).waitFor()
    await asked.getByRole('button', { name: en.delete }).click()
    await asked.waitFor({ state: 'detached' })
    await expect.poll(() => rows(page).filter({ hasText: name }).count()).toBe(0)
  })

  test('in French: a group by rules, with the numbers before saving', async () => {
    const page = await open(browser, { language: 'fr', theme: 'dark' })
    await editor(page)
    const name = unique('Grandes salles')
    await page.getByRole('button', { name: fr.new }).click()
    await wizard(page).getByLabel(fr.name).fill(name)
    await wizard(page).getByLabel(fr.kinds.rules).check()
    await wizard(page).getByRole('button', { name: 'Suivant' }).click()
    await wizard(page).getByRole('button', { name: fr.fact.city, exact: true }).click()
    await page.getByRole('checkbox', { name: /Reading/ }).check()
    await page.keyboard.press('Escape')
    const count = async () => Number((/\d+/.exec(await wizard(page).locator('.sect p.b').innerText()) ?? [])[0])
    await expect.poll(count).toBeGreaterThan(5)
    const all = await count()
    await wizard(page).getByLabel(fr.seatsMin).fill('10')
    await expect.poll(count).toBeLessThan(all)
    await wizard(page).getByText('Salles dont la ville est Reading et le nombre de places est de 10 ou plus.').waitFor()
    await wizard(page).getByRole('button', { name: fr.addRule }).click()
    await wizard(page).getByText(fr.chooseFirst).waitFor()
    expect(await findings(page)).toEqual([])
    await picture(page, 'groups-rules-fr-dark')
    await wizard(page).getByRole('button', { name: said(fr.removeRule, { number: 2 }) }).click()
    await wizard(page).getByRole('button', { name: 'Suivant' }).click()
    await wizard(page).getByText(fr.accessNew).waitFor()
    await picture(page, 'groups-review-fr-dark')
    await wizard(page).getByRole('button', { name: fr.make }).click()
    await pane(page).getByText('Salles dont la ville est Reading').waitFor()
    expect(await findings(page)).toEqual([])
    await picture(page, 'groups-details-fr-dark')
    await pane(page).getByRole('button', { name: fr.delete }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: fr.delete }).click()
    await expect.poll(() => rows(page).filter({ hasText: name }).count()).toBe(0)
  })

  test('a change tells whose access it moves; somebody else’s change meanwhile is kept; a used group is not deleted', async () => {
    const page = await open(browser, { expects: [/^412 /, /^409 /] })
    const id = await editor(page)
    const name = unique('Vista Park')
    const at = `/customers/${id}`
    const found = await call<{ items: { id: string }[] }>(page, 'GET', `/rooms?customer=${id}&q=Vista&limit=3`)
    const group = await call<{ id: string }>(page, 'POST', `${at}/groups`, { name, kind: 'fixed', rooms: found.items.map((room) => room.id) })
    const { items: roles } = await call<{ items: { id: string; name: string }[] }>(page, 'GET', `${at}/roles`)
    const { items: people } = await call<{ items: { kind: string; id: string }[] }>(page, 'GET', '/directory?q=On%20call')
    const lend = () =>
      call<{ id: string }>(page, 'POST', `${at}/assignments`, {
        role: roles.find((role) => role.name === 'Site technician')?.id,
        name: 'Desk',
        members: people.slice(0, 1).map(({ kind, id }) => ({ kind, id })),
        scopes: [{ kind: 'group', id: group.id }],
      })
    const assignment = await lend()
    await page.goto(`${base}/c/${id}/groups?open=${group.id}`)
    await pane(page).getByRole('button', { name: en.edit }).click()
    await wizard(page).getByText(en.noneMoves).waitFor()
    await wizard(page).getByRole('button', { name: said(common.form.editOf, { title: en.rooms }) }).click()
    await wizard(page).getByText(/^Only the chosen ones/).click()
    await wizard(page).getByRole('option').first().click()
    await wizard(page).getByText(said(en.leave_one, { count: 1 })).waitFor()
    await wizard(page).getByText('On call: no more access to 1 room (by Desk, role Site technician)').waitFor()
    expect(await findings(page)).toEqual([])
    await picture(page, 'groups-change')
    // Closing asks; staying keeps it.
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: common.form.stay }).click()

    const theirs = 'Lent to the desk.'
    await call(page, 'PUT', `${at}/groups/${group.id}`, { name, kind: 'fixed', description: theirs })
    await wizard(page).getByRole('button', { name: common.form.backToReview }).click()
    await wizard(page).getByRole('button', { name: en.save }).click()
    await wizard(page).getByText(en.staleText).waitFor()
    await wizard(page).getByText(theirs).waitFor()
    await wizard(page).getByText(said(en.leave_one, { count: 1 })).waitFor()
    await picture(page, 'groups-stale')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: common.form.leave, exact: true }).click()

    // One that is known to be used cannot be deleted; one that somebody has begun to use meanwhile is not.
    const remove = pane(page).getByRole('button', { name: en.delete })
    await expect.poll(() => remove.getAttribute('title')).toBe(said(en.deleteUsed_one, { count: 1 }))
    await call(page, 'DELETE', `${at}/assignments/${assignment.id}`)
    await page.reload()
    await remove.click()
    const again = await lend()
    const asked = page.getByRole('alertdialog')
    await asked.getByRole('button', { name: en.delete }).click()
    await asked.getByText(common.errors['group-in-use']).waitFor()
    await picture(page, 'groups-in-use')
    await asked.getByRole('button', { name: common.kit.cancel }).click()
    await call(page, 'DELETE', `${at}/assignments/${again.id}`)
    await call(page, 'DELETE', `${at}/groups/${group.id}`)
  })

  test('who may only look sees everything and the reason; a narrow screen holds it', async () => {
    const page = await open(browser, { viewport: { width: 400, height: 900 } })
    await signIn(page, people.primaryAdmin, '/groups')
    // All customers: the page asks which.
    await page.getByText(en.askCustomer).waitFor()
    await page.goto(`${base}/c/${await customerId(page, 'Northwind Traders')}/groups`)
    await rows(page).filter({ hasText: 'Boardrooms over 12 seats' }).click()
    await pane(page).getByText('Rooms where the seats are 13 or more.').waitFor()
    await pane(page).locator('.note', { hasText: en.lockedRules }).waitFor()
    const edit = pane(page).getByRole('button', { name: en.edit })
    await expect.poll(() => edit.getAttribute('aria-disabled')).toBe('true')
    await expect.poll(() => edit.getAttribute('title')).toBe(en.lockedRules)
    await pane(page).getByRole('tab', { name: new RegExp(en.rooms) }).click()
    await pane(page).getByRole('table', { name: en.itsRooms }).waitFor()
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(400)
    expect(await findings(page)).toEqual([])
    await picture(page, 'groups-narrow')
  })

  test('who sees no groups is not shown the page, the filter or the fact', async () => {
    const page = await open(browser)
    await signIn(page, people.technician, '/groups')
    await page.getByText(/^You have no role/).waitFor()
    expect(await page.getByRole('navigation').getByRole('link', { name: app.nav.groups }).count()).toBe(0)
    const customer = await customerId(page, 'Northwind Traders')
    await page.goto(`${base}/c/${customer}/rooms`)
    await rows(page).first().click()
    await pane(page).getByText(words.place).waitFor()
    expect(await pane(page).getByText(en.title).count()).toBe(0)
    expect(await page.getByRole('button', { name: en.one, exact: true }).count()).toBe(0)
    expect(await page.locator('#page').getByRole('button', { name: en.title }).count()).toBe(0)
  })
})
