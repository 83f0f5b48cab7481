import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import app from '../../app/text.en.json'
import fault from '../../incidents/text.en.json'
import words from '../../rooms/text.en.json'
import mots from '../../rooms/text.fr.json'
import common from '../../text/common.en.json'
import commun from '../../text/common.fr.json'
import { base, call, customerId, findings, open, openBrowser, openList, pane, people, picture, rows, search, signIn, type Look } from './harness'
import { said } from './words'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const list = (login: string, path: string, look: Look = {}) => openList(browser, login, path, look)

/** A room that the primary admin sees, by what it is searched with. */
async function roomOf(page: Page, q: string): Promise<{ id: string; name: string }> {
  const answer = await page.context().request.get(`${base}/api/rooms?limit=1&q=${encodeURIComponent(q)}`)
  return ((await answer.json()) as { items: { id: string; name: string }[] }).items[0] ?? { id: '', name: '' }
}

describe('the list', () => {
  test('stands worst first, with the number of all and of each state', async () => {
    const page = await list(people.primaryAdmin, '/rooms')
    // Other tests take rooms away and grant them again meanwhile: once, list and number agree.
    await expect
      .poll(async () => {
        await page.reload()
        await rows(page).first().waitFor()
        const { total } = await call<{ total: number }>(page, 'GET', '/rooms/counts')
        return (await page.locator('.foot').innerText()).includes(said(words.count_other, { shown: total }))
      }, { timeout: 60_000 })
      .toBe(true)
    await expect.poll(() => rows(page).first().innerText()).toContain(common.status.unhealthy)
    await expect.poll(() => page.getByRole('tab').allInnerTexts()).toHaveLength(7)
    // A customer has withdrawn its consent, and of another the devices cannot be read: the page says that something is missing.
    await expect.poll(() => page.locator('.stamp .late').first().innerText()).toContain(said(words.late_other, { shown: 2 }))
    await picture(page, 'rooms')
    expect(await findings(page)).toEqual([])
  })

  test('keeps tab, filter, search and sort after a reload', async () => {
    const page = await list(people.primaryAdmin, '/rooms')
    await page.getByRole('button', { name: words.building, exact: true }).click()
    await page.getByRole('checkbox', { name: /Harbour Tower/ }).check()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: words.room, exact: true }).click()
    await page.getByRole('tab', { name: new RegExp(common.status.healthy) }).last().click()
    await expect.poll(() => page.url()).toContain('state=healthy')
    await expect.poll(() => search(page).get('building')).toBe('Harbour Tower')
    await expect.poll(() => search(page).get('sort')).toBe('name')
    await expect.poll(() => rows(page).first().innerText()).toContain('Harbour Tower')
    await page.reload()
    await rows(page).first().waitFor()
    await expect.poll(() => search(page).get('building')).toBe('Harbour Tower')
    for (const row of await rows(page).allInnerTexts()) {
      expect(row).toContain('Harbour Tower')
      expect(row).toContain(common.status.healthy)
    }
  })

  test('has no customer column and filter under one customer', async () => {
    const page = await list(people.primaryAdmin, '/rooms')
    const contoso = await customerId(page, 'Contoso')
    await expect.poll(() => page.getByRole('columnheader', { name: words.customer, exact: true }).count()).toBe(1)
    await page.goto(`${base}/c/${contoso}/rooms`)
    await rows(page).first().waitFor()
    expect(await page.getByRole('columnheader', { name: words.customer, exact: true }).count()).toBe(0)
    await page.getByRole('button', { name: words.customer, exact: true }).waitFor({ state: 'detached' })
    await expect.poll(() => page.title()).toContain('Contoso')
    expect(await page.locator('.grid').innerText()).not.toContain('Harbour')
  })
})

describe('the details', () => {
  test('say what is wrong, with the way to the incident; tabs stand in the address', async () => {
    const page = await list(people.primaryAdmin, '/rooms?q=Boardroom+12')
    await rows(page).first().click()
    await pane(page).getByRole('heading', { name: 'Boardroom 12' }).waitFor()
    const link = pane(page).getByRole('link', { name: common.device.signal['signin-teams'] })
    await link.waitFor()
    await picture(page, 'rooms-overview')
    expect(await findings(page)).toEqual([])

    await pane(page).getByRole('tab', { name: new RegExp(words.devices) }).click()
    await pane(page).getByText(words.serial).first().waitFor()
    await expect.poll(() => search(page).get('tab')).toBe('devices')
    await expect.poll(() => pane(page).getByRole('region').count()).toBeGreaterThan(1)
    expect(await findings(page)).toEqual([])

    await pane(page).getByRole('tab', { name: words.signals }).click()
    await pane(page).getByRole('img', { name: new RegExp(`^${common.device.signal['signin-teams']}`) }).waitFor()
    await pane(page).getByRole('button', { name: /^Show all/ }).click()
    await expect.poll(() => pane(page).getByRole('img', { name: new RegExp(`^${common.device.signal.microphone}`) }).count()).toBe(1)
    await picture(page, 'rooms-signals')
    expect(await findings(page)).toEqual([])

    await page.reload()
    await pane(page).getByRole('tab', { name: words.signals, selected: true }).waitFor()
    await pane(page).getByRole('tab', { name: words.overview }).click()
    await link.click()
    await page.waitForURL(/\/incidents\?open=/)
    await pane(page).getByRole('heading', { name: fault.signals['signin-teams'].title }).waitFor()
    await expect.poll(() => pane(page).getByRole('link', { name: 'Boardroom 12' }).count()).toBeGreaterThan(0)
  })

  test('lead to all incidents of the room', async () => {
    const page = await list(people.primaryAdmin, '/rooms?q=Boardroom+12')
    await rows(page).first().click()
    await pane(page).getByRole('button', { name: words.itsIncidents }).click()
    await page.waitForURL(/\/incidents\?room=/)
    await rows(page).first().waitFor()
    for (const row of await rows(page).allInnerTexts()) expect(row).toContain('Boardroom 12')
    await expect.poll(() => page.locator('.pill.on').innerText()).toContain('Boardroom 12') // its name comes after the list
  })

  test('never call a silent room healthy, and say when it was last heard', async () => {
    const page = await list(people.primaryAdmin, '/rooms?state=unmonitored&q=Harbour+5.03')
    await rows(page).first().click()
    await pane(page).getByText(words.lastKnown).waitFor()
    expect(await pane(page).innerText()).not.toContain(common.status.healthy)
    for (const tab of [words.devices, words.signals]) {
      await pane(page).getByRole('tab', { name: new RegExp(tab) }).click()
      await pane(page).getByText(words.lastKnown).waitFor()
      expect(await pane(page).innerText()).not.toContain(common.status.healthy)
    }
    await picture(page, 'rooms-silent')
    expect(await findings(page)).toEqual([])
  })

  test('are walked with the keyboard alone', async () => {
    const page = await list(people.primaryAdmin, '/rooms?sort=name') // by health rows change places while one walks
    const names = await rows(page).allInnerTexts()
    await rows(page).first().focus()
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await pane(page).waitFor()
    const second = (names[1] ?? '').split('\n')[1]?.trim() ?? ''
    await expect.poll(() => pane(page).getByRole('heading', { level: 2 }).innerText().then((name) => second.startsWith(name))).toBe(true)
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H2')
    await page.keyboard.press('Escape')
    await pane(page).waitFor({ state: 'detached' })
    await expect.poll(() => search(page).get('open')).toBeNull()
    await expect.poll(() => page.evaluate(() => document.activeElement?.closest('.gr') !== null)).toBe(true)
  })
})

describe('people', () => {
  test('the technician sees the rooms that were lent, and no other by any way', async () => {
    const page = await list(people.technician, '/rooms')
    const answer = await page.context().request.get(`${base}/api/rooms?limit=200&total=true`)
    const { total } = (await answer.json()) as { total: number }
    await expect.poll(() => page.locator('.head').innerText()).toContain(String(total))
    for (const row of await rows(page).allInnerTexts()) expect(row).toMatch(/Waverley House|Meridian/)
    expect(await page.getByText(/Harbour/).count()).toBe(0)
    await page.goto(`${base}/rooms?q=Harbour`)
    await page.getByText(common.list.noMatch).waitFor()
    expect(await rows(page).count()).toBe(0)
    await picture(page, 'rooms-technician')
  })

  test("another's room is not there, and neither is one that never was", async () => {
    const admin = await list(people.primaryAdmin, '/rooms')
    const foreign = await roomOf(admin, 'Harbour 4.05')
    expect(foreign.name).toBe('Harbour 4.05')
    const page = await open(browser, { expects: [/^404 \/api\/rooms\//] })
    await signIn(page, people.technician, `/rooms?open=${foreign.id}`)
    await pane(page).getByText(common.kit.absent).waitFor()
    expect(await pane(page).innerText()).not.toContain('Harbour')
    await picture(page, 'rooms-absent')
    const first = await pane(page).innerText()
    await page.goto(`${base}/rooms?open=0000000000000`)
    await pane(page).getByText(common.kit.absent).waitFor()
    await expect.poll(() => pane(page).innerText()).toBe(first)
    expect(await findings(page)).toEqual([])
  })

  test('nobody gets the page that says so', async () => {
    const page = await open(browser)
    await signIn(page, people.nobody, '/rooms')
    await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toBe(app.noRole.title)
    expect(await page.locator('.grid').count()).toBe(0)
  })
})

describe('looks', () => {
  test('French, dark', async () => {
    const page = await list(people.primaryAdmin, '/rooms?state=unmonitored&q=Harbour+5.03', { language: 'fr', theme: 'dark' })
    await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toBe(mots.title)
    await rows(page).first().click()
    await pane(page).getByText(mots.lastKnown).waitFor()
    await pane(page).getByRole('tab', { name: mots.signals }).click()
    await pane(page).getByText(commun.device.category.connectivity).waitFor()
    await picture(page, 'rooms-fr-dark')
    expect(await findings(page)).toEqual([])
  })

  test('400 pixels wide: two columns, and the pane fills the screen', async () => {
    const page = await list(people.primaryAdmin, '/rooms?q=Boardroom+12', { viewport: { width: 400, height: 800 } })
    await expect.poll(() => page.getByRole('columnheader').count()).toBe(2)
    await rows(page).first().click()
    await pane(page).getByRole('tab', { name: words.signals }).click()
    await pane(page).getByRole('img').first().waitFor()
    await expect.poll(async () => (await pane(page).boundingBox())?.width).toBe(400)
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(400)
    await picture(page, 'rooms-narrow')
    expect(await findings(page)).toEqual([])
  })
})
