import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pages } from '../../app/routes'
import words from '../../app/text.en.json'
import mots from '../../app/text.fr.json'
import { base, findings, open, openBrowser, people, picture, signIn } from './harness'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const entries = (page: Page) => page.locator('nav.nav a').allInnerTexts()
const pathOf = (page: Page) => new URL(page.url()).pathname
const has = (path: string) => pages.some((page) => page.path === path)
type Nav = keyof typeof words.nav
/** The words of these pages, of which only those that exist have an entry. */
const named = (paths: readonly Nav[], from: { nav: Record<Nav, string> } = words) => paths.filter(has).map((path) => from.nav[path])

describe('the first page of each person', () => {
  const accepting: readonly Nav[] = ['customers', 'tenant-managers']
  const own: readonly Nav[] = ['portal', 'portal/rooms', 'portal/permissions', 'portal/members', 'portal/approvals', 'portal/activity']
  test.each<[keyof typeof people, string, readonly Nav[]]>([
    ['manager', '/customers', [...accepting, 'role-templates', 'audit', 'installation']],
    ['tenantManager', '/customers', [...accepting, 'audit']],
    ['primaryAdmin', '/incidents', ['incidents', 'rooms', 'groups', 'customers', 'roles', 'check-access', 'requests', 'audit', 'collection']],
    ['technician', '/incidents', ['incidents', 'rooms', 'customers', 'collection']],
    ['northwind', '/portal', own],
    ['tailspin', '/portal', own],
    ['woodgrove', '/portal', own],
  ])('%s', async (who, path, paths) => {
    const page = await open(browser)
    await signIn(page, people[who])
    await page.waitForURL(base + path)
    // Exactly these: what the person may not use must not appear.
    await expect.poll(() => entries(page)).toEqual(named(paths))
    await expect.poll(() => page.getByText(words.demo, { exact: true }).count()).toBe(1)
    await expect.poll(() => page.locator('.scope').count()).toBe(who === 'primaryAdmin' || who === 'technician' ? 1 : 0)
    await expect.poll(() => page.title()).toMatch(/ · Roomward$/)
    expect(await page.locator('#page h1').first().innerText()).not.toBe(words.notFound.text)
    await picture(page, `first-${who}`)
    expect(await findings(page)).toEqual([])
  })

  test('nobody is told whom to ask, at every address, and sees no navigation', async () => {
    const page = await open(browser)
    await signIn(page, people.nobody, '/rooms')
    await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toBe(words.noRole.title)
    await expect.poll(() => page.getByText(people.nobody).count()).toBe(1)
    expect(await entries(page)).toEqual([])
    expect(await page.getByRole('search').count()).toBe(0)
    await picture(page, 'first-nobody')
    expect(await findings(page)).toEqual([])
  })

  test('is the same in French, dark', async () => {
    const page = await open(browser, { language: 'fr', theme: 'dark' })
    await signIn(page, people.primaryAdmin)
    await expect.poll(() => entries(page)).toEqual(named(['incidents', 'rooms', 'groups', 'customers', 'roles', 'check-access', 'requests', 'audit', 'collection'], mots))
    await expect.poll(() => page.locator('html').getAttribute('lang')).toBe('fr')
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('dark')
    await picture(page, 'first-primaryAdmin-fr-dark')
    expect(await findings(page)).toEqual([])
  })
})

describe('signing in and out', () => {
  test('somebody unknown gets the two ways, and comes back to where they wanted to go', async () => {
    const page = await open(browser, { expects: [/^401 \/api\/me$/] })
    await page.goto(`${base}/rooms?state=offline`)
    const partner = page.getByRole('link', { name: words.signIn.partnerFor })
    await expect.poll(() => partner.getAttribute('href')).toBe('/signin?side=partner&return=%2Frooms%3Fstate%3Doffline')
    await expect.poll(() => page.getByRole('link', { name: words.signIn.customerFor }).getAttribute('href')).toBe('/signin?side=customer')
    await picture(page, 'sign-in')
    expect(await findings(page)).toEqual([])
  })

  test('a refused sign-in says why, with the request', async () => {
    const page = await open(browser, { theme: 'dark' })
    await page.goto(`${base}/welcome?error=guest&request=abc123`)
    await expect.poll(() => page.getByRole('alert').innerText()).toContain(words.signIn.error.guest)
    await expect.poll(() => page.getByRole('alert').innerText()).toContain('abc123')
    expect(await findings(page)).toEqual([])
  })

  test('a session that ends takes the page away and offers the way back to it', async () => {
    const page = await open(browser, { expects: [/^401 \/api\//] })
    await signIn(page, people.technician, '/rooms')
    await page.context().clearCookies()
    // Coming back to the tab asks /api/me again.
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })))
    const again = page.getByRole('link', { name: words.signIn.again })
    await again.waitFor()
    expect(await page.locator('#page').count()).toBe(0)
    expect(await findings(page)).toEqual([])
    await expect.poll(() => again.getAttribute('href')).toContain('return=%2Frooms')
    await again.click()
    await page.waitForSelector('#page h1')
    await expect.poll(() => pathOf(page)).toBe('/rooms')
  })

  test('signing out ends the session here and in the other tab', async () => {
    const page = await open(browser, { expects: [/^401 \/api\//] })
    await signIn(page, people.technician)
    const other = await page.context().newPage()
    await other.goto(`${base}/rooms`)
    await other.waitForSelector('#page')
    await page.getByRole('button', { name: /sign-out/ }).click()
    await page.getByRole('menuitem', { name: words.person.signOut }).click()
    await other.getByRole('link', { name: words.signIn.again }).waitFor()
    expect(await other.locator('#page').count()).toBe(0)
    await page.waitForURL((url) => url.pathname !== '/incidents')
    await expect.poll(async () => (await page.context().request.get(`${base}/api/me`)).status()).toBe(401)
  })
})

describe('the frame', () => {
  test('an address that is not there, and a customer that is not theirs, get the same words', async () => {
    const page = await open(browser)
    await signIn(page, people.technician)
    for (const path of ['/nonsense', '/c/00000000000000000000000000/rooms', '/portal', '/tenant-managers/nonsense']) {
      await page.goto(base + path)
      await expect.poll(() => page.locator('#page h1').innerText(), { message: path }).toBe(words.notFound.text)
    }
  })

  test('the customer switch works by keyboard and puts the customer into the address', async () => {
    const page = await open(browser)
    await signIn(page, people.primaryAdmin, '/rooms')
    await page.locator('.scope').focus()
    await page.keyboard.press('Enter')
    const field = page.getByRole('combobox', { name: words.switch.find })
    await field.waitFor()
    expect(await findings(page)).toEqual([])
    await picture(page, 'customer-switch')
    await page.keyboard.type('northw')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/c\/[^/]+\/rooms$/)
    await expect.poll(() => page.locator('.scope').innerText()).toContain('Northwind')
    await page.goBack()
    await page.waitForURL(`${base}/rooms`)
    await expect.poll(() => page.locator('.scope').innerText()).toContain(words.switch.all)
  })

  test('keys: pages, search, help, and letters can be switched off', async () => {
    const page = await open(browser)
    await signIn(page, people.primaryAdmin, '/incidents')
    await page.keyboard.press('g')
    await page.keyboard.press('r')
    await page.waitForURL(`${base}/rooms`)
    // Focus went to the page with the move, and the title is said.
    await page.waitForFunction(() => document.activeElement?.id === 'page')
    await page.waitForFunction(() => [...document.querySelectorAll('[role=status]')].some((region) => region.textContent === document.title))
    await page.keyboard.press('/')
    await page.keyboard.type('g r')
    await expect.poll(() => page.locator('.search input').inputValue()).toBe('g r')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${base}/rooms?q=g+r`)
    await page.locator('#page').focus()
    await page.keyboard.press('?')
    const dialog = page.getByRole('dialog', { name: words.keys.title })
    await dialog.waitFor()
    expect(await findings(page)).toEqual([])
    await dialog.getByRole('checkbox').uncheck()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await page.locator('#page').focus()
    await page.keyboard.press('g')
    await page.keyboard.press('i')
    await page.keyboard.press('/')
    await expect.poll(() => pathOf(page)).toBe('/rooms')
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('page')
  })

  test('the theme is there before the first paint, follows the choice, and every style has the nonce', async () => {
    const page = await open(browser, { theme: 'dark', colorScheme: 'light' })
    await signIn(page, people.technician)
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('dark')
    const styles = await page.evaluate(() =>
      [...document.querySelectorAll('style')].map((style) => ({ nonce: style.nonce !== '', rules: style.sheet?.cssRules.length ?? 0 })),
    )
    expect(styles.filter((style) => !style.nonce)).toEqual([])
    expect(styles.reduce((sum, style) => sum + style.rules, 0)).toBeGreaterThan(0) // a refused style has none
    await page.getByRole('button', { name: /sign-out/ }).click()
    await page.getByRole('menuitemradio', { name: words.person.light }).click()
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('light')
  })

  test('the language changes in place', async () => {
    const page = await open(browser)
    await signIn(page, people.technician)
    await page.getByRole('button', { name: /sign-out/ }).click()
    await page.getByRole('menuitemradio', { name: 'Français' }).click()
    await page.waitForFunction(() => document.documentElement.lang === 'fr')
    await expect.poll(() => entries(page)).toEqual(named(['incidents', 'rooms', 'customers', 'collection'], mots))
    await page.reload()
    await page.waitForSelector('#page h1')
    await expect.poll(() => page.locator('html').getAttribute('lang')).toBe('fr')
  })

  test('on a narrow screen the navigation lies over the page and goes away by itself', async () => {
    const page = await open(browser, { viewport: { width: 360, height: 720 }, hasTouch: true })
    await signIn(page, people.technician)
    expect(await page.locator('nav.nav').count()).toBe(0)
    await page.getByRole('button', { name: words.nav.open }).click()
    await picture(page, 'narrow-navigation')
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.locator('nav.nav').waitFor({ state: 'detached' })
    // Nothing sticks out at the side.
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    await page.getByRole('button', { name: words.nav.open }).click()
    await page.locator('nav.nav a').last().click()
    await page.locator('nav.nav').waitFor({ state: 'detached' })
  })

  test('in forced colours everything still has its name', async () => {
    const page = await open(browser, { forcedColors: 'active' })
    await signIn(page, people.primaryAdmin)
    await picture(page, 'forced-colours')
    expect(await findings(page, { forced: true })).toEqual([])
  })
})
