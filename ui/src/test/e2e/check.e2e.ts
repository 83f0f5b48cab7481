import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import words from '../../access/text.en.json'
import mots from '../../access/text.fr.json'
import roomWords from '../../rooms/text.en.json'
import type { Me } from '../../api/me'
import { base, call, customerId, findings, open, openBrowser, pane, people, picture, search, signIn } from './harness'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const verdict = (page: Page) => page.locator('.ck-verdict h2')
const chain = (page: Page) => page.locator('.ck-chain li')

/** Northwind's id, and a room that the technicians were lent. */
async function northwind(page: Page): Promise<{ id: string; room: { id: string; name: string } }> {
  const id = await customerId(page, 'Northwind Traders')
  const found = (await (await page.request.get(`${base}/api/rooms?customer=${id}&q=Waverley&limit=1`)).json()) as { items: { id: string; name: string }[] }
  const [room] = found.items
  if (!room) throw new Error('Northwind has no room in Waverley House')
  return { id, room }
}

/** The id of somebody of the partner. */
async function idOf(page: Page, name: string): Promise<string> {
  const found = (await (await page.request.get(`${base}/api/directory?q=${name}`)).json()) as { items: { id: string }[] }
  return found.items[0]?.id ?? ''
}

/** Words of the table that do not fit their line: one that is broken has a rectangle for each line. */
function brokenWords(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const broken: string[] = []
    const walk = document.createTreeWalker(document.querySelector('.ck-table') ?? document.body, NodeFilter.SHOW_TEXT)
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      for (const { 0: word, index } of (node.textContent ?? '').matchAll(/[^\s-]+/g)) {
        const range = document.createRange()
        range.setStart(node, index)
        range.setEnd(node, index + word.length)
        if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) broken.push(word)
      }
    }
    return broken
  })
}

describe('check access', () => {
  test('from the navigation to a yes with its chain, all by keyboard', async () => {
    const page = await open(browser)
    await signIn(page, people.primaryAdmin, '/check-access')
    const { room } = await northwind(page)
    // Rights hold for one customer: the page asks which.
    await page.getByText(words.check.whichCustomer).waitFor()
    expect(await findings(page)).toEqual([])
    await page.getByRole('option', { name: /Northwind Traders/ }).click()
    await page.getByText(words.check.begin).waitFor()
    const who = page.getByRole('combobox', { name: words.check.who })
    await who.focus()
    await page.keyboard.type('Tomasz')
    await page.getByRole('option', { name: /Tomasz Berg/ }).waitFor()
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: /^Tomasz Berg holds 5 of 21 permissions, in 24 of 212 rooms\.$/ }).waitFor()
    const where = page.getByRole('combobox', { name: words.check.where })
    await where.focus()
    await page.keyboard.type(room.name)
    await page.getByRole('option', { name: new RegExp(room.name) }).first().waitFor()
    await page.keyboard.press('Enter')
    await page.getByLabel(words.check.what, { exact: true }).selectOption('tickets.update')
    await page.getByRole('heading', { name: `Yes. Tomasz Berg may update incidents in ${room.name}.` }).waitFor()
    const said = (await chain(page).allInnerTexts()).join(' | ')
    expect(said).toMatch(/Technicians EMEA[\s\S]*Technicians on site[\s\S]*Site technician[\s\S]*Northwind Traders[\s\S]*Waverley House/)
    expect(await page.locator('.ck-chain .broken').count()).toBe(0)
    await expect.poll(() => search(page).get('permission')).toBe('tickets.update')
    await expect.poll(() => search(page).get('room')).toBe(room.id)
    expect(await findings(page)).toEqual([])
    await picture(page, 'check-yes')
    // The address is the question.
    await page.reload()
    await page.getByRole('heading', { name: `Yes. Tomasz Berg may update incidents in ${room.name}.` }).waitFor()
    await expect.poll(() => who.inputValue()).toBe('Tomasz Berg')
    await page.goBack()
    await page.getByRole('heading', { name: `Tomasz Berg holds 5 of 21 permissions in ${room.name}.` }).waitFor()
  })

  test('in French: a no, the link that breaks, and what would make it a yes', async () => {
    const page = await open(browser, { language: 'fr', theme: 'dark' })
    await signIn(page, people.primaryAdmin, '/check-access')
    const { id, room } = await northwind(page)
    await page.goto(`${base}/c/${id}/check-access?member=user:${await idOf(page, 'Tomasz')}&room=${room.id}`)
    await verdict(page).waitFor()
    // What the role has and the customer does not grant.
    await page.locator('.ck-table').getByRole('button', { name: /Désinscrire/ }).click()
    await page.getByRole('heading', { name: `Non. Tomasz Berg ne peut pas désinscrire des appareils dans ${room.name}, car le plafond de Northwind Traders l’exclut.` }).waitFor()
    await expect.poll(() => page.locator('.ck-chain .broken').innerText()).toContain('Northwind Traders')
    await expect.poll(() => chain(page).last().getAttribute('class')).toBe('broken')
    await page.getByText(mots.check.fixTitle).waitFor()
    expect(await findings(page)).toEqual([])
    await picture(page, 'check-no-fr-dark')
    // What no role of theirs has stands behind a link.
    expect(await page.locator('.ck-table').getByRole('button', { name: /Agir/ }).count()).toBe(0)
    await page.getByRole('button', { name: /autres non permises/ }).click()
    await page.locator('.ck-table').getByRole('button', { name: /Agir/ }).click()
    await page.getByRole('heading', { name: /^Non\. .* car aucun de ses rôles n’a cette autorisation\.$/ }).waitFor()
    await expect.poll(() => search(page).get('permission')).toBe('rooms.act')
  })

  test('without a room: where each permission is held and by what, and the rooms', async () => {
    const page = await open(browser)
    await signIn(page, people.primaryAdmin, '/check-access')
    const { id } = await northwind(page)
    await page.goto(`${base}/c/${id}/check-access?member=user:${await idOf(page, 'Tomasz')}`)
    const table = page.locator('.ck-table')
    const line = table.getByRole('row', { name: /Incidents, View/ })
    await line.waitFor()
    await expect.poll(() => line.innerText()).toMatch(/24 of 212[\s\S]*Waverley House, 24 rooms[\s\S]*Technicians on site/)
    expect(await page.getByRole('region', { name: words.check.roomsHead, exact: true }).count()).toBe(0)
    expect(await findings(page)).toEqual([])
    await picture(page, 'check-where')
    await line.getByRole('button').click()
    await page.getByRole('heading', { name: 'Yes. Tomasz Berg may view incidents in 24 of 212 rooms.' }).waitFor()
    const rooms = page.getByRole('region', { name: words.check.roomsHead, exact: true })
    await expect.poll(() => rooms.getByRole('link').count()).toBe(12)
    await rooms.getByRole('button', { name: 'Show 12 more rooms' }).click()
    await expect.poll(() => rooms.getByRole('link').count()).toBe(24)
    await expect.poll(() => page.getByRole('region', { name: words.check.where, exact: true }).innerText()).toMatch(/Waverley House, 24 rooms[\s\S]*Technicians on site/)
    expect(await findings(page)).toEqual([])
    await picture(page, 'check-where-rooms')
    const name = await rooms.getByRole('link').first().innerText()
    await rooms.getByRole('link').first().click()
    await pane(page).getByRole('heading', { name }).waitFor()
    // Who holds it everywhere: the first rooms, and how many there are.
    await page.goto(`${base}/c/${id}/check-access?member=user:${(await call<Me>(page, 'GET', '/me')).person.id}&permission=rooms.view`)
    await page.getByRole('heading', { name: /may view devices and health in all 212 rooms\.$/ }).waitFor()
    await rooms.getByRole('button', { name: 'Show 38 more rooms' }).click()
    await expect.poll(() => rooms.getByRole('link').count()).toBe(50)
    await page.getByText('The first 50 of 212 rooms, by name.').waitFor()
    await page.getByText(words.check.place.all).first().waitFor()
    await picture(page, 'check-where-all')
  })

  test.each(['light', 'dark'] as const)('on a narrow screen no word is broken, in French and %s', async (theme) => {
    const page = await open(browser, { viewport: { width: 400, height: 900 }, language: 'fr', theme })
    await signIn(page, people.primaryAdmin, '/check-access')
    const { id } = await northwind(page)
    for (const member of [(await call<Me>(page, 'GET', '/me')).person.id, await idOf(page, 'Tomasz')]) {
      await page.goto(`${base}/c/${id}/check-access?member=user:${member}&permission=tickets.view`)
      await page.locator('.ck-table').waitFor()
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(400)
      expect(await brokenWords(page)).toEqual([])
      expect(await findings(page)).toEqual([])
    }
    await page.locator('.ck-all').scrollIntoViewIfNeeded()
    await page.locator('.ck-table tbody tr').last().scrollIntoViewIfNeeded()
    await picture(page, `check-where-narrow-fr-${theme}`)
  })

  test('from a room: who reaches it, and why', async () => {
    const page = await open(browser, { viewport: { width: 400, height: 900 } })
    await signIn(page, people.primaryAdmin, '/check-access')
    const { id, room } = await northwind(page)
    await page.goto(`${base}/c/${id}/rooms?open=${room.id}`)
    await pane(page).getByRole('link', { name: roomWords.whoMay }).click()
    await page.getByRole('heading', { name: /people and groups reach/ }).waitFor()
    await expect.poll(() => search(page).get('room')).toBe(room.id)
    await page.locator('.ck-table').getByRole('button', { name: 'Technicians EMEA' }).click()
    await page.getByRole('heading', { name: `Technicians EMEA holds 5 of 21 permissions in ${room.name}.` }).waitFor()
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(400)
    expect(await findings(page)).toEqual([])
    await picture(page, 'check-room-narrow')
  })

  test('an unknown member and an unknown room are said', async () => {
    const page = await open(browser, { expects: [/^422 \/api\/customers\/.*\/effective-access$/, /^404 \/api\/customers\/.*\/effective-access$/] })
    await signIn(page, people.primaryAdmin, '/check-access')
    const { id } = await northwind(page)
    await page.goto(`${base}/c/${id}/check-access?member=user:00000000-0000-4000-8000-000000000000`)
    await page.getByText(words.check.unknown).waitFor()
    await page.goto(`${base}/c/${id}/check-access?room=0000000000000`)
    await page.getByText('Nothing here under this address.').waitFor()
  })

  test('who may not see roles is told so', async () => {
    const page = await open(browser)
    await signIn(page, people.technician, '/check-access')
    await page.getByText('You have no role that shows check access here. Ask a primary admin.').waitFor()
    expect(await page.getByRole('navigation').getByRole('link', { name: words.check.title }).count()).toBe(0)
  })
})
