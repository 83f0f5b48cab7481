import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { base, findings, open, openBrowser, type partnership, people, picture, signIn } from './harness'
import { said, words as texts } from './words'

const words = texts.en.portal.wizard
const common = texts.en.common

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const pathOf = (page: Page) => new URL(page.url()).pathname
const primary = (page: Page) => page.locator('.pfoot .btn.p')
const rows = (page: Page) => page.locator('[role=treeitem]')
const row = (page: Page, name: string) => page.getByRole('treeitem', { name: new RegExp(`^${name}`) })

/** A wizard that nobody sends: what Northwind has with the partner is hidden from this page. */
async function wizard(page: Page): Promise<void> {
  await signIn(page, people.northwind)
  await page.route('**/api/partnership', async (route) => {
    const answer = await route.fetch()
    const shown = (await answer.json()) as Awaited<ReturnType<typeof partnership>>
    delete shown.invitation
    delete shown.relation
    await route.fulfill({ response: answer, json: shown })
  })
  await page.goto(`${base}/portal/invite`)
  await page.getByRole('textbox', { name: words.partner.domain }).fill('partner.example')
  await page.getByRole('textbox', { name: words.partner.code }).fill('x')
}

test('asks before what was entered is lost', async () => {
  const page = await open(browser)
  await wizard(page)
  await page.locator('nav.nav a').first().click()
  const dialog = page.getByRole('alertdialog')
  await dialog.getByRole('button', { name: common.form.stay }).click()
  await dialog.waitFor({ state: 'detached' })
  await expect.poll(() => pathOf(page)).toBe('/portal/invite')
  await expect.poll(() => page.getByRole('textbox', { name: words.partner.domain }).inputValue()).toBe('partner.example')
  await page.getByRole('button', { name: common.kit.cancel }).click()
  await dialog.getByRole('button', { name: common.form.leave }).click()
  await page.waitForURL(`${base}/portal`)
})

test('the tree works by keyboard: walk, open, tick, leave out', async () => {
  const page = await open(browser)
  await wizard(page)
  await primary(page).click()
  const tree = page.getByRole('tree')
  const active = async () => {
    const id = await tree.getAttribute('aria-activedescendant')
    return page.locator(`[id="${id}"]`)
  }
  await tree.focus()
  await page.getByRole('treeitem', { level: 1 }).first().waitFor()
  const countries = await page.getByRole('treeitem', { level: 1 }).count()
  for (let at = 1; ; at++) {
    // One country after the other out, each closed first: nothing is left.
    await page.keyboard.press('Space')
    await expect.poll(async () => (await active()).getAttribute('aria-checked')).toBe('false')
    if (at === countries) break
    for (const key of ['ArrowLeft', 'ArrowDown']) await page.keyboard.press(key)
  }
  await page.getByText(said(words.rooms.count, { covered: 0, total: 240 }), { exact: true }).first().waitFor()
  await primary(page).click()
  await expect.poll(() => page.locator('.wbody [role=alert]').first().innerText()).toContain(words.rooms.noneCovered)
  await tree.focus()
  await page.keyboard.press('Space')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await expect.poll(async () => (await active()).getAttribute('aria-level')).toBe('3')
  await page.keyboard.press('Space')
  await expect.poll(async () => (await active()).getAttribute('aria-checked')).toBe('false')
  await page.keyboard.press('ArrowLeft')
  await expect.poll(async () => (await active()).getAttribute('aria-level')).toBe('2')
  for (const key of ['ArrowLeft', 'ArrowLeft']) await page.keyboard.press(key)
  await expect.poll(async () => (await active()).getAttribute('aria-checked')).toBe('mixed')
  await page.keyboard.press('Home')
  await expect.poll(async () => (await active()).getAttribute('aria-checked')).toBe('false')
  expect(await findings(page)).toEqual([])
})

test('6,000 rooms scroll with few of them in the document', async () => {
  const page = await open(browser)
  await page.route('**/api/partnership/rooms', (route) =>
    route.fulfill({
      json: {
        asOf: new Date().toISOString(),
        items: Array.from({ length: 6_000 }, (_, i) => ({
          placeId: `place-${i}`,
          name: `Room ${String(i).padStart(4, '0')}`,
          country: 'US',
          city: `City ${Math.floor(i / 600)}`,
          building: `Building ${Math.floor(i / 100)}`,
          floor: '1',
          capacity: 4,
        })),
      },
    }),
  )
  await wizard(page)
  await primary(page).click()
  await page.getByRole('radio', { name: words.rooms.rooms }).check()
  await page.getByRole('searchbox', { name: words.rooms.findRooms }).fill('room')
  await row(page, 'Building 0').waitFor()
  const mounted: number[] = []
  for (const at of [0.2, 0.5, 0.8, 1]) {
    await page.getByRole('tree').evaluate((tree, share) => tree.scrollTo({ top: tree.scrollHeight * share }), at)
    await page.waitForFunction((share) => {
      const tree = document.querySelector('[role=tree]')
      if (!tree) return false
      const first = tree.querySelector('[role=treeitem]:nth-of-type(12)')?.getBoundingClientRect()
      const box = tree.getBoundingClientRect()
      return first !== undefined && first.top > box.top - 200 && first.top < box.bottom + 200 && tree.scrollTop >= (tree.scrollHeight - tree.clientHeight) * share * 0.9
    }, at)
    mounted.push(await rows(page).count())
  }
  expect(Math.max(...mounted)).toBeLessThan(60)
  expect(Math.min(...mounted)).toBeGreaterThan(5)
  // The last one is reached by one key, and the first stays reachable.
  await page.getByRole('tree').focus()
  await page.keyboard.press('End')
  await row(page, 'Room 5999').waitFor()
  await page.keyboard.press('Home')
  await row(page, 'Building 0').waitFor()
  await picture(page, 'portal-many-rooms')
})

test('fits a narrow screen, in French', async () => {
  const page = await open(browser, { viewport: { width: 400, height: 800 }, language: 'fr', hasTouch: true })
  await signIn(page, people.northwind)
  await picture(page, 'portal-narrow-home')
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
  expect(await findings(page)).toEqual([])
})
