import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { base, call, customerId, findings, gone, open, openBrowser, pane, people, picture, rows, signIn, within } from './harness'
import { said, words, type Language } from './words'

const name = 'Trey Research'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const button = (within: ReturnType<typeof pane> | Page, name: string) => within.getByRole('button', { name, exact: true })
const control = (role: 'auto' | 'manual') => ({ events: { role } })

test.each<[Language]>([['en'], ['fr']])('a change of a role waits for the customer, who rejects it, then approves it, in %s', async (language) => {
  const w = words[language]
  const why = 'The evening desk answers incidents'
  const theme = language === 'fr' ? 'dark' : 'light'
  const sound = async (of: Page) => expect(language === 'en' ? await findings(of) : []).toEqual([])
  const customer = await open(browser, { language, theme })
  await signIn(customer, 'admin@trey.example', '/portal')
  const page = await open(browser, { language, theme })
  await signIn(page, people.primaryAdmin, '/rooms')
  const id = await customerId(page, name)
  const roleName = `Evening desk ${Date.now().toString(36)}`
  await call(customer, 'PUT', '/partnership/change-control', control('auto'))
  const role = await call<{ id: string }>(page, 'POST', `/customers/${id}/roles`, { name: roleName, permissions: ['rooms.view'] })
  await call(customer, 'PUT', '/partnership/change-control', control('manual'))
  const held = async () => (await call<{ permissions: string[] }>(page, 'GET', `/customers/${id}/roles/${role.id}`)).permissions

  /** Ticks incidents, asks for it, and goes to the request. */
  const ask = async () => {
    await page.goto(`${base}/c/${id}/roles?role=${role.id}&tab=permissions`)
    await page.locator('[data-permission="tickets.view"]').click()
    await button(page, said(w.access.roles.askCount_one, { count: 1 })).click()
    const note = page.locator('.note', { hasText: w.common.waits.title })
    await note.getByRole('textbox').fill(why)
    await note.getByRole('button', { name: w.common.waits.send, exact: true }).click()
    await note.getByText(w.common.waits.sent).waitFor()
    await sound(page)
    await picture(page, `requests-asked-${language}`)
    expect(await held()).toEqual(['rooms.view'])
    await note.getByRole('link').click()
    await page.getByText(said(w.change.waitingText, { customer: name })).waitFor()
    await pane(page).getByText(why).waitFor()
    await pane(page).locator('tr.changed').first().waitFor()
  }
  /** From the customer's home to the request, with what would change and why. */
  const decide = async (command: string) => {
    await customer.goto(`${base}/portal`)
    const waiting = customer.getByRole('listitem').filter({ hasText: roleName })
    await waiting.getByText(why).waitFor()
    await sound(customer)
    await waiting.getByRole('link').click()
    await pane(customer).locator('tr.changed').first().waitFor()
    await sound(customer)
    await picture(customer, `approvals-waiting-${language}`)
    await button(pane(customer), command).click()
  }

  await ask()
  await sound(page)
  await picture(page, `requests-waiting-${language}`)
  await decide(w.change.command.reject)
  const dialog = customer.getByRole('dialog')
  await dialog.getByRole('textbox').fill('Not in December')
  await dialog.getByRole('button', { name: w.change.command.reject, exact: true }).click()
  await pane(customer).getByText(w.change.ownRejectedTitle).waitFor()
  await gone(dialog)
  await sound(customer)
  await pane(page).getByText(said(w.change.rejectedTitle, { customer: name })).waitFor()
  await pane(page).getByText('Not in December').waitFor()
  await picture(page, `requests-rejected-${language}`)
  expect(await held()).toEqual(['rooms.view'])

  await ask()
  await decide(w.change.command.approve)
  await customer.getByRole('alertdialog').getByRole('button', { name: w.change.command.approve, exact: true }).click()
  await gone(customer.getByRole('alertdialog'))
  await pane(customer).getByText(w.change.state.done).first().waitFor({ timeout: within(20_000) })
  await picture(customer, `approvals-done-${language}`)
  await pane(page).getByText(w.change.state.done).first().waitFor()
  await picture(page, `requests-done-${language}`)
  expect(await held()).toEqual(['rooms.view', 'tickets.view'])

  // Nothing waits any more, and the partner's role shows what it has now.
  await customer.goto(`${base}/portal/approvals?state=waiting`)
  await customer.getByText(w.change.ownEmptyWaiting).waitFor()
  expect(await rows(customer).count()).toBe(0)
  await sound(customer)
  await page.goto(`${base}/c/${id}/roles?role=${role.id}&tab=permissions`)
  await page.locator('[data-permission="tickets.view"][aria-checked=true]').waitFor()
  await call(customer, 'PUT', '/partnership/change-control', control('auto'))
  await call(page, 'DELETE', `/customers/${id}/roles/${role.id}`)
})
