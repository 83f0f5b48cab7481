import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import shell from '../../app/text.en.json'
import words from '../../collect/text.en.json'
import mots from '../../collect/text.fr.json'
import salles from '../../rooms/text.en.json'
import common from '../../text/common.en.json'
import communs from '../../text/common.fr.json'
import { base, findings, open, openBrowser, people, picture, quiet, signIn } from './harness'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const row = (page: Page, name: string) => page.getByRole('row', { name, exact: true })
const state = words.state['consent-withdrawn']

test('a primary admin sees the state of each customer, worst first, and what to do', async () => {
  const page = await open(browser)
  await signIn(page, people.primaryAdmin, '/collection')
  await row(page, 'Northwind Traders').waitFor()
  await expect.poll(() => page.locator('.head').innerText()).toMatch(/\d+ of \d+ customers are up to date/)
  await expect.poll(() => page.getByRole('row').nth(1).getAttribute('aria-label')).toBe('Fabrikam')
  await expect.poll(() => row(page, 'Fabrikam').innerText()).toContain(state.label)
  await page.getByRole('img', { name: /^Last 24 hours: \d+ half hours done/ }).first().waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'collection')

  await row(page, 'Fabrikam').click()
  const pane = page.locator('aside.pane')
  await pane.getByText(state.todo).waitFor()
  await pane.getByText(/AADSTS\d+/).first().waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'collection-withdrawn')

  await page.getByRole('tab', { name: words.tab.ok }).click()
  await row(page, 'Fabrikam').waitFor({ state: 'detached' })
  await expect.poll(() => row(page, 'Northwind Traders').count()).toBe(1)
})

/** Presses "Collect now" for a customer and gives what was said. */
async function collect(page: Page, name: string): Promise<string> {
  await quiet(page)
  await row(page, name).click()
  await page.locator('aside.pane').getByRole('heading', { name }).waitFor()
  await page.locator('aside.pane').getByRole('button', { name: words.command.now }).click()
  const said = await page.locator('.toast').first().innerText()
  await quiet(page)
  return said
}

test('collects now, is told when it was asked for already, and finds the run', async () => {
  const page = await open(browser, { expects: [/^(409|429) \/api\/collect\/runs$/] })
  await signIn(page, people.primaryAdmin, '/collection')
  await row(page, 'Northwind Traders').waitFor()
  // Another run of this test, less than a minute ago, may have asked for some of them; the demo also collects by itself.
  // None of those that other tests remove.
  const names = ['Trey Research', 'Lucerne Publishing', 'Contoso', 'Northwind Traders']
  let asked: string | undefined
  for (const name of names) {
    const said = await collect(page, name)
    if (said.includes(words.asked_one.replace('{{name}}', name))) {
      asked = name
      break
    }
    expect(said).toMatch(/less than a minute ago|is running|is due already/)
  }
  expect(asked).toBeDefined()
  // Asking again is refused, in words.
  expect(await collect(page, asked ?? '')).toMatch(/less than a minute ago|is running|is due already/)
  expect(await findings(page)).toEqual([])
  await picture(page, 'collect-now')

  await page.locator('aside.pane').getByRole('tab', { name: words.part.runs }).click()
  await page.getByRole('link', { name: words.command.runsOf.replace('{{name}}', asked ?? '') }).click()
  await page.waitForURL(/\/c\/[^/]+\/collection\?view=runs$/)
  await expect
    .poll(
      async () => {
        await page.getByRole('button', { name: common.list.refresh }).click()
        return page.getByRole('row').filter({ hasText: 'Samuel Lewis' }).count()
      },
      { timeout: 30_000, interval: 1_000 },
    )
    .toBeGreaterThan(0)
  // Under one customer only its own.
  await page.getByRole('columnheader', { name: words.runs.customer }).waitFor({ state: 'detached' })
  expect(await findings(page)).toEqual([])
  await picture(page, 'runs')
})

test('runs can be narrowed, and the address keeps it', async () => {
  const page = await open(browser)
  await signIn(page, people.primaryAdmin, '/collection?view=runs&kind=places')
  await page.getByRole('row').nth(1).waitFor()
  const kinds = await page.getByRole('row').evaluateAll((rows) => rows.slice(1).map((r) => r.textContent ?? ''))
  expect(kinds.filter((text) => text.includes(words.kind.devices))).toEqual([])
  expect(kinds.length).toBeGreaterThan(0)
  await page.getByRole('tab', { name: words.runs.failed }).click()
  await page.waitForURL(/state=failed/)
  await expect.poll(() => new URL(page.url()).searchParams.get('kind')).toBe('places')
  await page.reload()
  await page.getByRole('tab', { name: words.runs.failed, selected: true }).waitFor()
  expect(await findings(page)).toEqual([])
})

test('a technician sees only the customers where they work, and no number that counts the other rooms', async () => {
  const page = await open(browser)
  await signIn(page, people.technician, '/collection')
  await row(page, 'Northwind Traders').waitFor()
  expect(await page.locator('body').innerText()).not.toMatch(/Fabrikam|Adatum|Wingtip/)
  await page.goto(`${base}/collection?view=runs`)
  const first = page.getByRole('row').nth(1)
  await first.waitFor()
  const answer = (await (await page.request.get(`${base}/api/collect/runs`)).json()) as { items: { requests?: number }[] }
  expect(answer.items.filter((run) => run.requests !== undefined)).toEqual([])
  expect(await page.locator('body').innerText()).not.toMatch(/Fabrikam|Adatum|Wingtip/)
  expect(await findings(page)).toEqual([])
})

test('is the same in French, dark, and on a narrow screen', async () => {
  const page = await open(browser, { language: 'fr', theme: 'dark' })
  await signIn(page, people.primaryAdmin, '/collection')
  await row(page, 'Fabrikam').click()
  await page.getByText(mots.state['consent-withdrawn'].todo).waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'collection-fr-dark')
  await page.setViewportSize({ width: 400, height: 800 })
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
  expect(await findings(page)).toEqual([])
})

test('nobody sees nothing', async () => {
  const page = await open(browser)
  await signIn(page, people.nobody, '/collection')
  await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toBe(shell.noRole.title)
  expect(await page.locator('body').innerText()).not.toMatch(/Northwind|Fabrikam/)
})

test('says what each customer allows and what mends it, to both sides', async () => {
  const page = await open(browser, { expects: [/^429 \/api\/customers\/[^/]+\/capabilities\/check$/] })
  await signIn(page, people.primaryAdmin, '/collection')
  await row(page, 'Alpine Ski House').click()
  const pane = page.locator('aside.pane')
  await pane.getByRole('tab', { name: words.part.works }).click()
  const line = (name: string) => pane.getByRole('row').filter({ hasText: name })
  await line(common.can.name.devices).getByText(common.can.states.gone, { exact: true }).waitFor()
  await expect.poll(() => line(common.can.name.devices).innerText()).toMatch(/HTTP 404, ResourceNotFound,\s+request/)
  await line(common.can.name.presence).getByText(common.can.states.works, { exact: true }).waitFor()
  await pane.getByRole('button', { name: common.can.check }).click()
  await expect.poll(() => page.locator('.toast').first().innerText()).toMatch(/Microsoft is asked now|less than a minute ago/)
  expect(await findings(page)).toEqual([])
  await picture(page, 'collection-works')

  const customer = await open(browser, { language: 'fr', theme: 'dark' })
  await signIn(customer, 'admin@trey.example', '/portal/microsoft')
  const table = customer.getByRole('row').filter({ hasText: 'Presence.Read.All' })
  await table.getByText(communs.can.states['not-consented'], { exact: true }).waitFor()
  await table.getByText(communs.can.mend.customer.consent).waitFor()
  expect(await findings(customer)).toEqual([])
  await picture(customer, 'portal-microsoft-fr-dark')
})

test('shows rooms whose devices cannot be read by presence, never as healthy', async () => {
  const page = await open(browser)
  await signIn(page, people.primaryAdmin, '/rooms?state=unmonitored')
  const room = page.getByRole('row').filter({ hasText: 'Aiguille Midi' })
  await room.getByText(salles.presence.reachable).or(room.getByText(salles.presence['in-call'])).waitFor()
  await room.click()
  const pane = page.locator('aside.pane')
  await pane.getByText(salles.presence.title).waitFor()
  await pane.getByText(salles.wrongUnknown).waitFor()
  await pane.getByRole('tab', { name: salles.devices }).click()
  await pane.getByText(salles.managed.synced).waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'room-presence')
})
