import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import accessEn from '../../access/text.en.json'
import accessFr from '../../access/text.fr.json'
import en from '../../change/text.en.json'
import fr from '../../change/text.fr.json'
import commonEn from '../../text/common.en.json'
import commonFr from '../../text/common.fr.json'
import { base, findings, open, openBrowser, people, picture, signIn } from './harness'

const both = [
  ['en', en, accessEn, commonEn],
  ['fr', fr, accessFr, commonFr],
] as const
const trey = 'admin@trey.example'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const said = (text: string, values: Record<string, string | number>) =>
  text.replace(/\{\{(\w+)(?:, number)?\}\}/g, (_, name: string) => String(values[name] ?? ''))

/** Asks or changes by the API, as the person of the page. */
async function call<T>(page: Page, method: string, path: string, data?: object): Promise<T> {
  const answer = await page.request.fetch(`${base}/api${path}`, { method, headers: { 'X-Roomward-Request': '1' }, ...(data && { data }) })
  if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`)
  return (answer.status() === 204 ? undefined : await answer.json()) as T
}

const control = (role: 'auto' | 'manual') => ({ events: { role, assignment: 'auto', group: 'auto', action: 'auto', export: 'auto' } })

test.each(both)('a change of a role waits for the customer, who decides, in %s', async (language, words, access, common) => {
  const name = `Evening desk ${language}`
  const customer = await open(browser, { language })
  await signIn(customer, trey, '/portal')
  const page = await open(browser, { language, theme: language === 'fr' ? 'dark' : 'light' })
  await signIn(page, people.primaryAdmin, '/rooms')
  const { holdings } = await call<{ holdings: { customerId: string; customerName: string }[] }>(page, 'GET', '/me')
  const id = holdings.find((holding) => holding.customerName === 'Trey Research')?.customerId ?? ''
  await call(customer, 'PUT', '/partnership/change-control', control('auto'))
  const role = await call<{ id: string }>(page, 'POST', `/customers/${id}/roles`, { name, permissions: ['rooms.view'] })
  await call(customer, 'PUT', '/partnership/change-control', control('manual'))

  // Asked for: the button says so, and so does what comes after it.
  await page.goto(`${base}/c/${id}/roles?role=${role.id}&tab=permissions`)
  await page.locator('[data-permission="tickets.view"]').click()
  await page.getByRole('button', { name: said(access.roles.askCount_one, { count: 1 }), exact: true }).click()
  const note = page.locator('.note', { hasText: common.waits.title })
  await note.waitFor()
  await note.getByRole('textbox').fill('The evening desk answers incidents')
  await note.getByRole('button', { name: common.waits.send, exact: true }).click()
  await note.getByText(common.waits.sent).waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, `requests-asked-${language}`)
  expect((await call<{ permissions: string[] }>(page, 'GET', `/customers/${id}/roles/${role.id}`)).permissions).toEqual(['rooms.view'])

  // On the page of requests, with what would change.
  await note.getByRole('link').click()
  await page.getByText(said(words.waitingText, { customer: 'Trey Research' })).waitFor()
  await page.getByText('The evening desk answers incidents').first().waitFor()
  await page.locator('tr.changed').first().waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, `requests-waiting-${language}`)

  const [waiting] = (await call<{ items: { id: string; operation: string }[] }>(customer, 'GET', '/partnership/change-requests?state=waiting')).items
  expect(waiting?.operation).toBe('role.update')
  await call(customer, 'POST', `/partnership/change-requests/${waiting?.id}/approve`)
  await page.locator('.pane, aside, [role=complementary]').getByText(words.state.done).first().waitFor()
  expect((await call<{ permissions: string[] }>(page, 'GET', `/customers/${id}/roles/${role.id}`)).permissions).toEqual(['rooms.view', 'tickets.view'])
  await picture(page, `requests-done-${language}`)
  await call(customer, 'PUT', '/partnership/change-control', control('auto'))
  await call(page, 'DELETE', `/customers/${id}/roles/${role.id}`)
})
