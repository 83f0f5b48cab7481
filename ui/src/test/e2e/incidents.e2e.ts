import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import words from '../../incidents/text.en.json'
import mots from '../../incidents/text.fr.json'
import common from '../../text/common.en.json'
import commun from '../../text/common.fr.json'
import { base, findings, open, openBrowser, openList, pane, people, picture, rows, search, signIn, type Look } from './harness'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const list = (login: string, path: string, look: Look = {}) => openList(browser, login, path, look)

/** The id of an incident that the person of the page sees. */
async function idOf(page: Page, q: string): Promise<string> {
  const answer = await page.context().request.get(`${base}/api/incidents?limit=1&q=${encodeURIComponent(q)}`)
  return ((await answer.json()) as { items: { id: string }[] }).items[0]?.id ?? ''
}

describe('the queue', () => {
  test('begins with what needs action, critical and important, worst first', async () => {
    const page = await list(people.primaryAdmin, '/incidents')
    await expect.poll(() => page.getByRole('tab', { selected: true }).innerText()).toContain(words.tabs.active)
    await expect.poll(() => page.locator('.pill.on').innerText()).toContain(`${common.status.critical}, ${common.status.important}`)
    const shown = await rows(page).allInnerTexts()
    expect(shown[0]).toContain(common.status.critical)
    for (const row of shown) expect(row).toMatch(new RegExp(`${common.status.critical}|${common.status.important}`))
    await expect.poll(() => page.locator('.head').innerText()).toMatch(/\d+ needs? action/)
    await picture(page, 'incidents')
    expect(await findings(page)).toEqual([])
  })

  test('keeps filters after a reload, also the one that is taken away', async () => {
    const page = await list(people.primaryAdmin, '/incidents')
    await page.getByRole('button', { name: common.list.clearFilter.replace('{{name}}', words.severity) }).click()
    await page.getByRole('button', { name: words.signal, exact: true }).click()
    await page.getByRole('checkbox', { name: new RegExp(`^${words.signals['room-camera'].title}`) }).check()
    await page.keyboard.press('Escape')
    await expect.poll(() => search(page).get('signal')).toBe('room-camera')
    await expect.poll(() => search(page).get('severity')).toBe('')
    await page.reload()
    await rows(page).first().waitFor()
    await expect.poll(() => page.locator('.pill.on').allInnerTexts()).toEqual([expect.stringContaining(words.signals['room-camera'].title)])
    for (const row of await rows(page).allInnerTexts()) expect(row).toContain(words.signals['room-camera'].title)
  })

  test('all states have their tab; under All each row says its own', async () => {
    const page = await list(people.primaryAdmin, '/incidents?state=all&severity=')
    await expect.poll(() => page.getByRole('tab').count()).toBe(5)
    await expect.poll(() => page.getByRole('columnheader', { name: words.state, exact: true }).count()).toBe(1)
    const names = Object.values(words.states)
    for (const row of await rows(page).allInnerTexts()) expect(names.some((name) => row.includes(name))).toBe(true)
    await page.getByRole('tab', { name: new RegExp(words.tabs.investigating) }).click()
    await page.getByText(common.list.noMatch).or(page.getByText(words.empty.investigating)).waitFor()
    expect(await rows(page).count()).toBe(0)
  })

  test('the pane walks along with the arrow keys', async () => {
    const page = await list(people.primaryAdmin, '/incidents')
    await rows(page).first().click()
    await pane(page).getByRole('heading', { level: 2 }).waitFor()
    const first = search(page).get('open')
    await pane(page).getByRole('button', { name: common.details.next }).click()
    await expect.poll(() => search(page).get('open')).not.toBe(first)
    // The button of the former pane is gone with it: its successor has the focus, so that one can press on.
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
    await expect.poll(focused).toBe(common.details.next)
    await page.keyboard.press('Escape')
    await pane(page).waitFor({ state: 'detached' })
    await page.locator(`[data-row="${first}"]`).focus() // a worse one may stand above it now
    await page.keyboard.press('Enter')
    await expect.poll(() => search(page).get('open')).toBe(first)
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H2')
  })
})

describe('the details', () => {
  test('say what is wrong, what to do, and whether it is only this room', async () => {
    const page = await list(people.primaryAdmin, '/incidents')
    const camera = page.locator('.grows .gr', { hasText: words.signals['room-camera'].title }).filter({ hasText: 'Boardroom 12' })
    await camera.click()
    const { title, means, todo } = words.signals['room-camera']
    await pane(page).getByRole('heading', { name: title }).waitFor()
    for (const text of [means, ...todo.split('\n'), words.byItself]) await pane(page).getByText(text).waitFor()
    await expect.poll(() => pane(page).getByRole('link', { name: words.signals['signin-teams'].title }).count()).toBeGreaterThan(0)
    await picture(page, 'incidents-overview')
    expect(await findings(page)).toEqual([])

    await pane(page).getByRole('button', { name: words.fullHistory }).click()
    await pane(page).getByRole('tab', { name: words.history, selected: true }).waitFor()
    await pane(page).getByText(words.events.opened).first().waitFor()
    await expect.poll(() => search(page).get('tab')).toBe('history')
    expect(await findings(page)).toEqual([])

    await pane(page).getByRole('button', { name: words.openRoom }).click()
    await page.waitForURL(/\/rooms\?open=/)
    await pane(page).getByRole('heading', { name: 'Boardroom 12' }).waitFor()
  })

  test('stand under their own address', async () => {
    const page = await list(people.primaryAdmin, '/incidents')
    const id = await idOf(page, 'Boardroom 12')
    expect(id).not.toBe('')
    await page.goto(`${base}/incidents?state=resolved&open=${id}`)
    await pane(page).getByRole('link', { name: 'Boardroom 12' }).first().waitFor()
  })
})

describe('people', () => {
  test('the technician sees the incidents of the lent rooms only; another is not there', async () => {
    const admin = await list(people.primaryAdmin, '/incidents')
    const foreign = await idOf(admin, 'Harbour 4.05')
    expect(foreign).not.toBe('')
    const page = await open(browser, { expects: [/^404 \/api\/incidents\//] })
    await signIn(page, people.technician, '/incidents?state=all&severity=')
    await rows(page).first().waitFor()
    for (const row of await rows(page).allInnerTexts()) expect(row).toMatch(/Waverley|Meridian/)
    await page.goto(`${base}/incidents?open=${foreign}`)
    await pane(page).getByText(common.kit.absent).waitFor()
    expect(await pane(page).innerText()).not.toContain('Harbour')
  })

  test('who may accept invitations but sees no customer gets no incidents', async () => {
    const page = await open(browser)
    await signIn(page, people.tenantManager, '/incidents')
    await page.getByText(common.kit.noPermission.replace('{{what}}', words.title.toLocaleLowerCase())).waitFor()
    expect(await rows(page).count()).toBe(0)
    expect(await findings(page)).toEqual([])
  })
})

describe('looks', () => {
  test('French, dark', async () => {
    const page = await list(people.primaryAdmin, '/incidents', { language: 'fr', theme: 'dark' })
    await expect.poll(() => page.getByRole('tab', { selected: true }).innerText()).toContain(mots.tabs.active)
    await rows(page).first().click()
    await pane(page).getByText(mots.whatToDo).waitFor()
    await expect.poll(() => pane(page).innerText()).toContain(commun.status.critical)
    await picture(page, 'incidents-fr-dark')
    expect(await findings(page)).toEqual([])
  })

  test('400 pixels wide: the fault and its room remain', async () => {
    const page = await list(people.primaryAdmin, '/incidents', { viewport: { width: 400, height: 800 } })
    await expect.poll(() => page.getByRole('columnheader').allInnerTexts()).toEqual([words.incident, words.room])
    await rows(page).first().click()
    await pane(page).getByText(words.whatToDo).waitFor()
    await expect.poll(async () => (await pane(page).boundingBox())?.width).toBe(400)
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(400)
    await picture(page, 'incidents-narrow')
    expect(await findings(page)).toEqual([])
  })
})
