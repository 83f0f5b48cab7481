import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import texts from '../../access/text.en.json'
import textes from '../../access/text.fr.json'
import common from '../../text/common.en.json'
import { base, findings, open, openBrowser, people, picture, signIn } from './harness'
import { said } from './words'

const words = texts.managers
let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const group = 'Équipe Lyon'
const row = (page: Page, name: string) => page.getByRole('row', { name, exact: true })

/** What a run that was cut off left behind. */
async function clean(page: Page): Promise<void> {
  const answer = (await (await page.request.get(`${base}/api/tenant-managers`)).json()) as { items: { id: string; name: string }[] }
  for (const { id, name } of answer.items) {
    if (name === group) await page.request.delete(`${base}/api/tenant-managers/${id}`, { headers: { 'X-Roomward-Request': '1' } })
  }
}

async function add(page: Page): Promise<void> {
  await page.getByRole('button', { name: words.add }).click()
  const dialog = page.getByRole('dialog', { name: words.add })
  await dialog.waitFor()
  await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'combobox')
  await page.keyboard.type('lyon')
  await page.getByRole('option', { name: group }).waitFor()
  // Nothing hides the list: its option can be pressed.
  await page.getByRole('option', { name: group }).click({ trial: true })
  await page.keyboard.press('Enter')
  await dialog.getByRole('button', { name: words.addAction }).click()
}

test('a manager adds a security group by keyboard, once, and removes it again', async () => {
  const page = await open(browser, { expects: [/^409 \/api\/tenant-managers$/] })
  await signIn(page, people.manager)
  await clean(page)
  await page.goto(`${base}/tenant-managers`)
  await row(page, 'Nadia Haddad').waitFor()
  await add(page)
  await row(page, group).waitFor()
  await expect.poll(() => row(page, group).innerText()).toContain(words.group)
  await page.getByText(said(words.addedTo, { name: group })).waitFor()

  // A second time is refused, in words, and the dialog stays.
  await add(page)
  const dialog = page.getByRole('dialog', { name: words.add })
  await dialog.getByText(common.errors['already-tenant-manager']).waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'tenant-managers-refused')
  await dialog.getByRole('button', { name: common.kit.cancel }).click()

  await row(page, group).click()
  const pane = page.locator('aside.pane')
  await pane.getByText(words.not1).waitFor()
  expect(await findings(page)).toEqual([])
  await picture(page, 'tenant-managers')
  await pane.getByRole('button', { name: words.remove }).click()
  const ask = page.getByRole('alertdialog', { name: said(words.removeTitle, { name: group }) })
  await ask.waitFor()
  expect(await findings(page)).toEqual([])
  await ask.getByRole('button', { name: common.kit.cancel }).click()
  await row(page, group).waitFor() // hidden while the dialog goes
  // Again, by the selection and the keyboard.
  await row(page, group).getByRole('checkbox').check()
  await page.getByRole('toolbar').getByRole('button', { name: words.remove }).focus()
  await page.keyboard.press('Enter')
  await ask.getByRole('button', { name: words.remove }).focus()
  await page.keyboard.press('Enter')
  await row(page, group).waitFor({ state: 'detached' })
  await row(page, 'Nadia Haddad').waitFor()
})

test('a tenant manager sees why not', async () => {
  const page = await open(browser, { language: 'fr', theme: 'dark' })
  await signIn(page, people.tenantManager, '/tenant-managers')
  await row(page, 'Nadia Haddad').waitFor()
  const button = page.getByRole('button', { name: textes.managers.add })
  await expect.poll(() => button.getAttribute('aria-disabled')).toBe('true')
  await expect.poll(() => button.getAttribute('title')).toBe(textes.managers.onlyManagers)
  await expect.poll(() => page.locator('.notices').innerText()).toContain(textes.managers.onlyManagers)
  expect(await row(page, 'Nadia Haddad').getByRole('checkbox').count()).toBe(0)
  await button.click({ force: true })
  expect(await page.getByRole('dialog').count()).toBe(0)
  expect(await findings(page)).toEqual([])
  await picture(page, 'tenant-managers-fr-dark')
})

test('who is neither sees none of them', async () => {
  const page = await open(browser, { expects: [/^403 \/api\/tenant-managers$/] })
  await signIn(page, people.primaryAdmin)
  expect(await page.getByRole('link', { name: words.title }).count()).toBe(0)
  await page.goto(`${base}/tenant-managers`)
  await page.getByText(common.kit.noPermission.replace('{{what}}', words.title.toLowerCase())).waitFor()
  expect(await page.locator('body').innerText()).not.toContain('Nadia Haddad')
  expect(await findings(page)).toEqual([])
})
