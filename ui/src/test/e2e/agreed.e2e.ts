import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { base, call, customerId, findings, gone, open, openBrowser, pane, partnership, people, picture, quiet, rows, signIn } from './harness'
import { dayAhead, known, said, words, type Language } from './words'

// What was agreed, changed later by the customer in its portal, and what the partner sees of it: permissions, end date, rooms. In the end
// all is as it was.

const partner = 'Litware'
const lucerne = 'admin@lucerne.example'
const customers = [
  { language: 'en', name: 'Lucerne Publishing', admin: lucerne, country: 'France', lost: 12, room: 'Salle Rhône', stays: 13 },
  { language: 'fr', name: 'Lucerne Publishing', admin: lucerne, country: 'Suisse', lost: 13, room: 'Seequai', stays: 12 },
] as const

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const button = (within: Page | Locator, name: string) => within.getByRole('button', { name, exact: true })
const question = (page: Page) => page.getByRole('alertdialog')

describe.each(customers)('$name, in $language', ({ language, name, admin, country, lost, room, stays }) => {
  const w = words[language as Language]
  const theme = language === 'fr' ? 'dark' : 'light'
  /** axe looks at a page in one language; the other has the same elements. */
  const sound = async (page: Page) => expect(language === 'en' ? await findings(page) : []).toEqual([])

  /** The customer at home, and the partner's primary admin at a page of this customer. */
  async function bothSides(path: (id: string) => string) {
    const customer = await open(browser, { language, theme })
    await signIn(customer, admin, '/portal')
    const page = await open(browser, { language, theme })
    await signIn(page, people.primaryAdmin, '/customers')
    const id = await customerId(page, name)
    await page.goto(base + path(id))
    return { customer, page, id }
  }

  const home = async (page: Page) => {
    await page.getByRole('link', { name: w.app.nav.portal, exact: true }).click()
    await page.getByText(w.portal.tag.active).waitFor()
  }

  test('a narrower ceiling says which roles shrink, and shrinks them; a wider one gives it back', async () => {
    const { customer, page, id } = await bothSides((id) => `/c/${id}/roles`)
    const incidents = page.locator('[data-permission="tickets.view"]')
    const idle = said(w.access.roles.idle, { customer: name })
    await incidents.waitFor()
    expect(await incidents.getAttribute('title')).not.toContain(idle)

    await customer.getByRole('link', { name: w.portal.home.changeMay }).click()
    const effect = customer.getByRole('table', { name: w.portal.ceiling.effect })
    const save = customer.getByRole('button', { name: w.portal.ceiling.save, exact: true, disabled: false })
    await customer.getByRole('group', { name: w.common.permission.tickets.is, exact: true }).getByRole('checkbox').first().click()
    await effect.waitFor()
    await expect.poll(() => effect.innerText()).toContain(known(w.portal.ceiling.loses))
    await expect.poll(() => effect.innerText()).toContain(w.portal.fact.admins)
    await sound(customer)
    await picture(customer, `agreed-ceiling-${language}`)
    await save.click()
    await question(customer).getByText(known(w.portal.ceiling.cut_one)).or(question(customer).getByText(known(w.portal.ceiling.cut_other))).waitFor()
    await button(question(customer), w.portal.ceiling.save).click()
    await customer.locator('.toast', { hasText: w.portal.ceiling.saved }).waitFor()
    await gone(question(customer))

    await page.reload()
    await expect.poll(() => incidents.getAttribute('title')).toContain(idle)
    await sound(page)
    await picture(page, `agreed-shrunk-${language}`)
    await page.goto(`${base}/c/${id}/incidents`)
    await page.getByText(known(w.common.kit.noPermission)).waitFor()

    await customer.getByRole('group', { name: w.common.permission.tickets.is, exact: true }).waitFor()
    await button(customer, w.portal.wizard.permissions.standard).click()
    await expect.poll(() => effect.innerText()).toContain(known(w.portal.ceiling.gains))
    await save.click()
    await button(question(customer), w.portal.ceiling.save).click()
    await customer.locator('.toast', { hasText: w.portal.ceiling.saved }).waitFor()
    await gone(question(customer))
    await page.reload()
    await rows(page).first().or(page.getByText(w.common.list.noMatch)).first().waitFor()
  })

  test('an end date is shown to both, and taken back', async () => {
    const { customer, page } = await bothSides((id) => `/customers?open=${id}`)
    const end = dayAhead(10, language)
    const save = button(customer, said(w.portal.settings.save, { what: w.portal.endDate.title }))
    await customer.getByRole('link', { name: w.portal.home.changeRelation }).click()
    await customer.getByLabel(w.portal.endDate.label).fill(end.field)
    await save.click()
    await customer.locator('.toast', { hasText: w.portal.settings.saved }).waitFor()
    await quiet(customer)
    await home(customer)
    await customer.getByText(known(w.portal.coming.date)).waitFor()
    await page.reload()
    await pane(page).getByText(known(w.customers.ending.title)).waitFor()
    await expect.poll(() => pane(page).innerText()).toContain(end.written)
    await picture(page, `agreed-ending-${language}`)

    await customer.getByRole('link', { name: w.portal.home.changeRelation }).click()
    await customer.getByLabel(w.portal.endDate.label).fill('')
    await save.click()
    await customer.locator('.toast', { hasText: w.portal.settings.saved }).waitFor()
    await page.reload()
    await pane(page).getByText(w.customers.noEnd).waitFor()
    expect(await pane(page).getByText(known(w.customers.ending.title)).count()).toBe(0)
  })

  test('rooms are taken away with what hangs on them, and granted again', async () => {
    const { customer, page } = await bothSides((id) => `/c/${id}/rooms?q=${encodeURIComponent(room)}`)
    await rows(page).first().waitFor()
    const text = w.portal.reach
    const tree = customer.getByRole('tree')
    const save = customer.getByRole('button', { name: text.save, exact: true, disabled: false })
    await customer.getByRole('link', { name: w.portal.home.changeRooms }).click()
    await tree.waitFor()
    await expect.poll(() => button(customer, text.save).getAttribute('aria-disabled')).toBe('true')
    await customer.getByRole('treeitem', { name: new RegExp(`^${country}`) }).click()
    await customer.getByRole('heading', { name: said(text.lost_other, { partner, count: lost }) }).waitFor()
    await customer.getByText(said(w.portal.wizard.rooms.count, { covered: stays, total: stays + lost }), { exact: true }).waitFor()
    await sound(customer)
    await picture(customer, `agreed-narrow-${language}`)
    // A draft is not lost by passing by.
    await customer.getByRole('link', { name: w.app.nav.portal, exact: true }).click()
    await button(question(customer), w.common.form.stay).click()
    await question(customer).waitFor({ state: 'detached' })
    await save.click()
    await question(customer).getByText(text.final).waitFor()
    await sound(customer)
    await button(question(customer), text.saveLost).click()
    await gone(question(customer))
    await page.reload()
    await page.getByText(w.common.list.noMatch).waitFor()
    await picture(page, `agreed-lost-${language}`)

    await tree.waitFor()
    await customer.getByRole('treeitem', { name: new RegExp(`^${country}`) }).click()
    await customer.getByRole('heading', { name: said(text.gained_other, { partner, count: lost }) }).waitFor()
    await picture(customer, `agreed-widen-${language}`)
    await save.click()
    await question(customer).getByText(said(text.gains_other, { partner, count: lost })).waitFor()
    await button(question(customer), text.save).click()
    await gone(question(customer))
    // They come with the next collection, which runs at once.
    await expect.poll(async () => (await partnership(customer)).relation?.rooms, { timeout: 60_000 }).toBe(stays + lost)
    await page.reload()
    await rows(page).first().waitFor()
  })
})

test('the settings of the relation are saved one by one, and two people do not overwrite each other', async () => {
  const text = words.en.portal
  const page = await open(browser, { expects: [/^412 \/api\/partnership\/retention$/] })
  await signIn(page, lucerne, '/portal/relation')
  const days = page.getByRole('spinbutton', { name: text.data.retention })
  await days.waitFor()
  await call(page, 'PUT', '/partnership/retention', { retentionDays: 365, sealDays: 30 }) // as a run before this one did not leave it
  await page.reload()
  const saveOf = (what: string) => button(page, said(text.settings.save, { what }))
  const saved = page.locator('.toast', { hasText: text.settings.saved })
  await page.getByRole('radiogroup', { name: text.event.group.is }).getByRole('radio', { name: text.control.manual }).check()
  await saveOf(text.control.title).click()
  await saved.waitFor()
  await quiet(page)
  expect((await partnership(page)).relation?.changeControl['group']).toBe('manual')
  await page.getByRole('radiogroup', { name: text.event.group.is }).getByRole('radio', { name: text.control.auto }).check()
  await saveOf(text.control.title).click()
  await saved.waitFor()
  await quiet(page)
  await days.fill('100')
  await saveOf(text.data.title).click()
  await saved.waitFor()
  await quiet(page)
  expect((await partnership(page)).relation).toMatchObject({ retentionDays: 100, changeControl: { group: 'auto' } })
  expect(await findings(page)).toEqual([])
  await picture(page, 'portal-settings')

  // Somebody else changes the same part meanwhile.
  await days.fill('60')
  await call(page, 'PUT', '/partnership/retention', { retentionDays: 200, sealDays: 30 })
  await saveOf(text.data.title).click()
  await page.getByText(words.en.common.errors['changed-meanwhile']).waitFor()
  expect((await partnership(page)).relation?.retentionDays).toBe(200)
})
