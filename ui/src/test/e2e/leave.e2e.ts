import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import words from '../../customers/text.en.json'
import common from '../../text/common.en.json'
import shell from '../../app/text.en.json'
import { base, customerId, findings, open, openBrowser, pane, people, picture, signIn, within } from './harness'
import { said } from './words'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const row = (page: Page, name: string) => page.getByRole('row', { name, exact: true })
async function openMenu(page: Page, label: string) {
  await pane(page).getByRole('button', { name: label }).click()
}

describe('primary admins', () => {
  const customer = 'Trey Research'

  test('one is added and removed; the last one cannot be', async () => {
    const page = await open(browser, { expects: [/^409 \/api\/customers\/[^/]+\/primary-admins$/] })
    await signIn(page, people.primaryAdmin, '/customers')
    const id = await customerId(page, customer)
    await page.goto(`${base}/customers?open=${id}&tab=admins`)
    const table = pane(page).locator('table.small')
    await table.getByText('Desk leads').waitFor()
    await pane(page).getByRole('button', { name: words.admins.add, exact: true }).click()
    const dialog = page.getByRole('dialog', { name: said(words.admins.addTitle, { name: customer }) })
    await dialog.getByRole('combobox').fill('Yusuf')
    await page.getByRole('option', { name: /Yusuf Demir/ }).waitFor()
    await page.keyboard.press('Enter')
    expect(await findings(page)).toEqual([])
    await dialog.getByRole('button', { name: words.admins.addAction }).click()
    await table.getByText('Yusuf Demir').waitFor()

    // Twice is refused in the dialog.
    await pane(page).getByRole('button', { name: words.admins.add, exact: true }).click()
    await dialog.getByRole('combobox').fill('Desk')
    await page.getByRole('option', { name: /Desk leads/ }).waitFor()
    await page.keyboard.press('Enter')
    const twice = page.waitForResponse((answer) => answer.status() === 409)
    await dialog.getByRole('button', { name: words.admins.addAction }).click()
    await twice
    await dialog.getByText(common.errors['already-primary-admin']).waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })

    for (const who of ['Yusuf Demir', 'Desk leads']) {
      await table.getByRole('button', { name: said(words.admins.removeOf, { name: who }) }).click()
      const ask = page.getByRole('alertdialog', { name: said(words.admins.removeTitle, { who, name: customer }) })
      await ask.getByRole('button', { name: words.admins.remove }).click()
      await ask.waitFor({ state: 'detached' })
      await table.getByText(who).waitFor({ state: 'detached' })
    }
    const last = table.getByRole('button', { name: said(words.admins.removeOf, { name: 'Samuel Lewis' }) })
    await expect.poll(() => last.getAttribute('aria-disabled')).toBe('true')
    await pane(page).getByText(words.admins.last).last().waitFor()
    expect(await findings(page)).toEqual([])
    await picture(page, 'admins-last')

    // As it was, for who comes next.
    await pane(page).getByRole('button', { name: words.admins.add, exact: true }).click()
    await dialog.getByRole('combobox').fill('Desk')
    await page.getByRole('option', { name: /Desk leads/ }).waitFor()
    await page.keyboard.press('Enter')
    await dialog.getByRole('button', { name: words.admins.addAction }).click()
    await table.getByText('Desk leads').waitFor()
  }, within(180_000))
})

describe('removing a customer', () => {
  test('a technician reads why not', async () => {
    const page = await open(browser)
    await signIn(page, people.technician, '/customers')
    await row(page, 'Contoso').click()
    await openMenu(page, 'More commands')
    const item = page.getByRole('menuitem', { name: new RegExp(words.leave.command) })
    await expect.poll(() => item.innerText()).toContain(said(words.leave.onlyAdmin, { name: 'Contoso' }))
    await expect.poll(() => item.getAttribute('aria-disabled')).toBe('true')
  })

  test('the dialog can be left: Cancel is the default, and the name has to be typed', async () => {
    const page = await open(browser)
    await signIn(page, people.primaryAdmin, '/customers')
    const id = await customerId(page, 'Northwind Traders')
    await page.goto(`${base}/customers?open=${id}`)
    await openMenu(page, 'More commands')
    await page.getByRole('menuitem', { name: words.leave.command }).click()
    const dialog = page.getByRole('alertdialog')
    await dialog.getByText('Remove Northwind Traders and its 212 rooms?').waitFor()
    await page.waitForFunction((cancel) => document.activeElement?.textContent === cancel, common.kit.cancel)
    expect(await findings(page)).toEqual([])
    await picture(page, 'leave-dialog')
    const remove = dialog.getByRole('button', { name: words.leave.action })
    await dialog.getByRole('textbox').fill('Northwind')
    await expect.poll(() => remove.getAttribute('aria-disabled')).toBe('true')
    await remove.click({ force: true })
    await dialog.getByRole('button', { name: common.kit.cancel }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(await customerId(page, 'Northwind Traders')).toBe(id)
  })
})

test('who has no role is told whom to ask', async () => {
  const page = await open(browser)
  await signIn(page, people.nobody)
  await page.getByText(shell.noRole.contacts).waitFor()
  await expect.poll(() => page.locator('#page li').count()).toBeGreaterThan(0)
  expect(await findings(page)).toEqual([])
  await picture(page, 'no-role')
})
