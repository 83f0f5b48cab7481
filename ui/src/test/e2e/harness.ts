import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Locator, type Page, type Request } from 'playwright-core'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished, expect } from 'vitest'
import type { Me } from '../../api/me'
import type { components } from '../../api/schema'

/** Where `roomward demo` listens. The tests need one that runs; they change what the demo's people would change. */
export const base = (() => {
  const url = process.env['ROOMWARD_URL']
  if (url === undefined || url === '') throw new Error('ROOMWARD_URL must say where `roomward demo` listens')
  return new URL(url).origin
})()

/** The people of the demo: design.md 11. */
export const people = {
  manager: 'manager@partner.example',
  tenantManager: 'tenant.manager@partner.example',
  primaryAdmin: 'primary.admin@partner.example',
  technician: 'technician@partner.example',
  nobody: 'nobody@partner.example',
  northwind: 'admin@northwind.example',
  tailspin: 'admin@tailspin.example',
  woodgrove: 'admin@woodgrove.example',
} as const

/** Finds tests that do not wait: each answer comes up to so many milliseconds late, and the page's processor is four times slower. */
const slowness = Number(process.env['ROOMWARD_SLOW'] ?? 0)

/** How long a test may take, in milliseconds: four times as long where pages are slow on purpose, as vitest.config.ts has it for the others. */
export function within(milliseconds: number): number {
  return slowness > 0 ? 4 * milliseconds : milliseconds
}

/** Debian's Chromium without its window, half as heavy; one per test file. Fonts and colours as on every machine. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium-headless-shell',
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--font-render-hinting=none', '--force-color-profile=srgb'],
  })
}

export interface Look extends Pick<BrowserContextOptions, 'viewport' | 'colorScheme' | 'forcedColors' | 'hasTouch'> {
  readonly language?: 'en' | 'fr'
  /** What the person chose; absent: as the system. */
  readonly theme?: 'light' | 'dark'
  /** Answers that the test provokes, as "404 /api/rooms/…" by pattern. All others of 400 and above fail it. */
  readonly expects?: readonly RegExp[]
}

/** A page of a fresh browser profile. What it complains about fails the test that opened it, when that ends. */
export async function open(browser: Browser, look: Look = {}): Promise<Page> {
  const { language = 'en', theme, expects = [], ...options } = look
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: language === 'fr' ? 'fr-FR' : 'en-GB',
    timezoneId: 'Europe/Paris',
    reducedMotion: 'reduce',
    ...options,
  })
  context.setDefaultTimeout(within(30_000))
  const complaints = await listen(context, expects)
  if (slowness > 0) await slowDown(context)
  if (theme !== undefined) await context.addInitScript(`if (location.origin === '${base}') localStorage.setItem('roomward.theme', '${theme}')`)
  onTestFinished(async () => {
    await context.close()
    expect(complaints).toEqual([])
  })
  return context.newPage()
}

/** Makes the pages of a profile slow, the same way in each run. */
async function slowDown(context: BrowserContext): Promise<void> {
  let seed = 1
  await context.route('**/api/**', async (route) => {
    seed = (seed * 48_271) % 0x7fff_ffff // Lehmer's generator
    await new Promise((over) => setTimeout(over, slowness * (seed / 0x7fff_ffff)))
    await route.continue().catch(() => undefined) // the page can be gone
  })
  context.on('page', (page) => {
    void context
      .newCDPSession(page)
      .then((session) => session.send('Emulation.setCPUThrottlingRate', { rate: 4 }))
      .catch(() => undefined)
  })
}

/** Collects everything that must not happen on any page. */
async function listen(context: BrowserContext, expects: readonly RegExp[]): Promise<readonly string[]> {
  const complaints: string[] = []
  const add = (text: string) => complaints.push(text)
  await context.exposeBinding('tellViolation', (_, text: string) => add(`policy: ${text}`))
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      const tell = (window as unknown as { tellViolation: (text: string) => void }).tellViolation
      tell(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`)
    })
  })
  context.on('console', (message) => {
    // Chromium also logs each answer of 400 and above; those are judged by their address below.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) add(`console: ${message.text()}`)
  })
  context.on('weberror', (error) => add(`error: ${error.error().message}`))
  context.on('request', (request) => {
    if (isForeign(request)) add(`foreign request: ${request.url()}`)
  })
  context.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? ''
    if (why !== 'net::ERR_ABORTED') add(`failed request: ${request.url()} ${why}`)
  })
  context.on('response', (response) => {
    const url = new URL(response.url())
    const line = `${response.status()} ${url.pathname}`
    if (url.origin === base && response.status() >= 400 && !expects.some((known) => known.test(line))) add(`answer: ${line}`)
  })
  return complaints
}

/** Whether a page of ours asked somebody else. Going to the sign-in of Entra and what Entra's own pages ask are not that. */
function isForeign(request: Request): boolean {
  const url = new URL(request.url())
  if (url.protocol === 'data:' || url.origin === base || request.isNavigationRequest()) return false
  return new URL(request.frame().url()).origin === base
}

/** Signs a person of the demo in and waits for the frame around the page. */
export async function signIn(page: Page, login: string, back = ''): Promise<void> {
  const query = new URLSearchParams({ login_hint: login })
  if (back !== '') query.set('return', back)
  await page.goto(`${base}/signin?${query.toString()}`)
  await page.waitForSelector('#page h1')
}

/** Asks or changes by the API, as the person of the page: what a walk needs and is walked elsewhere. */
export async function call<T>(page: Page, method: string, path: string, data?: object, headers: Readonly<Record<string, string>> = {}): Promise<T> {
  const answer = await page.request.fetch(`${base}/api${path}`, { method, headers: { 'X-Roomward-Request': '1', ...headers }, ...(data && { data }) })
  if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`)
  return (answer.status() === 204 ? undefined : await answer.json()) as T
}

/** The id of a customer by its name; '' where the person of the page holds nothing there. */
export async function customerId(page: Page, name: string): Promise<string> {
  const { holdings } = await call<Me>(page, 'GET', '/me')
  return holdings.find((holding) => holding.customerName === name)?.customerId ?? ''
}

/** What the server says of the relation, to the customer of the page. */
export function partnership(page: Page): Promise<components['schemas']['Partnership']> {
  return call(page, 'GET', '/partnership')
}

/** Takes the short messages away: they can lie over what is pressed next. */
export async function quiet(page: Page): Promise<void> {
  const toasts = page.locator('.toast')
  for (let count = await toasts.count(); count > 0; count = await toasts.count()) {
    // One that goes by itself meanwhile is gone as well.
    await toasts.last().locator('button').last().click({ timeout: 1_000 }).catch(() => undefined)
  }
}

/** Closes a question that was answered: it is gone, and the page behind it can be used again. */
export async function gone(dialog: Locator): Promise<void> {
  await dialog.waitFor({ state: 'detached' })
  await quiet(dialog.page())
}

/** The rows of a list, what stands beside it, and what its address asks. */
export const rows = (page: Page) => page.locator('.grows .gr')
export const pane = (page: Page) => page.locator('aside.pane')
export const search = (page: Page) => new URL(page.url()).searchParams

/** A list with rows, as a person of the demo sees it. */
export async function openList(browser: Browser, login: string, path: string, look: Look = {}): Promise<Page> {
  const page = await open(browser, look)
  await signIn(page, login, path)
  await rows(page).first().waitFor()
  return page
}

/** Findings of axe, one line each: rule, and the first element. */
export async function findings(page: Page, { forced = false } = {}): Promise<readonly string[]> {
  const builder = new AxeBuilder({ page })
    // Only what is wrong leaves the page: to carry every element that is right takes five times as long.
    .setLegacyMode(true)
    .options({ resultTypes: ['violations'] })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .exclude('[data-tabster-dummy]') // Fluent's focus sentinels: style-ui.md 4.11
  // In forced colours axe mixes the author's colours with the system's.
  if (forced) builder.disableRules(['color-contrast'])
  const { violations } = await builder.analyze()
  return violations.map((v) => `${v.id}: ${v.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`)
}

/** A picture of the page, into the folder that SCREENSHOTS names; nothing without it. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS']
  if (folder === undefined || folder === '') return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`) })
}
