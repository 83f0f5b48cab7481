import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import words from '../../customers/text.en.json'
import mots from '../../customers/text.fr.json'
import common from '../../text/common.en.json'
import portal from '../../portal/text.en.json'
import shell from '../../app/text.en.json'
import portail from '../../portal/text.fr.json'
import { base, findings, open, openBrowser, pane, people, picture, signIn } from './harness'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const row = (page: Page, name: string) => page.getByRole('row', { name, exact: true })
const said = (text: string, values: Record<string, string>) => text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '')

interface Held {
  readonly holdings: readonly { readonly customerId: string; readonly customerName: string; readonly rooms?: number }[]
}

/** The id of a customer, or undefined where the person has none of this name: a run before this one has removed it. */
async function idOf(page: Page, name: string): Promise<string | undefined> {
  const me = (await (await page.request.get(`${base}/api/me`)).json()) as Held
  return me.holdings.find((holding) => holding.customerName === name)?.customerId
}

async function openMenu(page: Page, label: string) {
  await pane(page).getByRole('button', { name: label }).click()
}

describe('primary admins', () => {
  const customer = 'Trey Research'

  test('one is added and removed; the last one cannot be', async () => {
    const page = await open(browser, { expects: [/^409 \/api\/customers\/[^/]+\/primary-admins$/] })
    await signIn(page, people.primaryAdmin, '/customers')
    const id = await idOf(page, customer)
    await page.goto(`${base}/customers?open=${id ?? ''}&tab=admins`)
    const table = pane(page).locator('table.small')
    await table.getByText('Desk leads').waitFor()
    await pane(page).getByRole('button', { name: words.admins.add, exact: true }).click()
    const dialog = page.getByRole('dialog', { name: said(words.admins.addTitle, { name: customer }) })
    await dialog.getByRole('combobox').fill('Tomasz')
    await page.getByRole('option', { name: /Tomasz Berg/ }).waitFor()
    await page.keyboard.press('Enter')
    expect(await findings(page)).toEqual([])
    await dialog.getByRole('button', { name: words.admins.addAction }).click()
    await table.getByText('Tomasz Berg').waitFor()

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

    for (const who of ['Tomasz Berg', 'Desk leads']) {
      await table.getByRole('button', { name: said(words.admins.removeOf, { name: who }) }).click()
      const ask = page.getByRole('alertdialog', { name: said(words.admins.removeTitle, { who, name: customer }) })
      await ask.getByRole('button', { name: words.admins.remove }).click()
      await ask.waitFor({ state: 'detached' })
      await table.getByText(who).waitFor({ state: 'detached' })
    }
    const last = table.getByRole('button', { name: said(words.admins.removeOf, { name: 'Samuel Lewis' }) })
    expect(await last.getAttribute('aria-disabled')).toBe('true')
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
  }, 180_000)
})

describe('removing a customer', () => {
  test('a technician reads why not', async () => {
    const page = await open(browser)
    await signIn(page, people.technician, '/customers')
    await row(page, 'Contoso').click()
    await openMenu(page, 'More commands')
    const item = page.getByRole('menuitem', { name: new RegExp(words.leave.command) })
    expect(await item.innerText()).toContain(said(words.leave.onlyAdmin, { name: 'Contoso' }))
    expect(await item.getAttribute('aria-disabled')).toBe('true')
  })

  test('the dialog can be left: Cancel is the default, and the name has to be typed', async () => {
    const page = await open(browser)
    await signIn(page, people.primaryAdmin, '/customers')
    const id = await idOf(page, 'Northwind Traders')
    await page.goto(`${base}/customers?open=${id ?? ''}`)
    await openMenu(page, 'More commands')
    await page.getByRole('menuitem', { name: words.leave.command }).click()
    const dialog = page.getByRole('alertdialog')
    await dialog.getByText('Remove Northwind Traders and its 212 rooms?').waitFor()
    await page.waitForFunction((cancel) => document.activeElement?.textContent === cancel, common.kit.cancel)
    expect(await findings(page)).toEqual([])
    await picture(page, 'leave-dialog')
    const remove = dialog.getByRole('button', { name: words.leave.action })
    await dialog.getByRole('textbox').fill('Northwind')
    expect(await remove.getAttribute('aria-disabled')).toBe('true')
    await remove.click({ force: true })
    await dialog.getByRole('button', { name: common.kit.cancel }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(await idOf(page, 'Northwind Traders')).toBe(id)
  })

  test.each([
    ['en', 'Adatum Corporation', 'admin@adatum.example'],
    ['fr', 'Wingtip Toys', 'admin@wingtip.example'],
  ] as const)('in %s: the record is kept, the name typed, %s is gone and told so', async (language, name, admin) => {
    const texts = language === 'fr' ? mots : words
    const page = await open(browser, { language, theme: language === 'fr' ? 'dark' : 'light' })
    await signIn(page, people.primaryAdmin, '/customers')
    const id = await idOf(page, name)
    if (id !== undefined) {
      await row(page, name).click()
      await openMenu(page, language === 'fr' ? 'Autres commandes' : 'More commands')
      await page.getByRole('menuitem', { name: texts.leave.command }).click()
      const dialog = page.getByRole('alertdialog')
      await dialog.getByText(said(texts.leave.ends, { name })).waitFor()
      for (const form of ['csv', 'jsonl'] as const) {
        const [file] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('link', { name: texts.leave[form] }).click()])
        expect(file.suggestedFilename()).toMatch(new RegExp(`^audit-[-0-9]+\\.${form}$`))
        expect(await file.failure()).toBeNull()
      }
      await dialog.getByRole('textbox').fill(name)
      await dialog.getByRole('button', { name: texts.leave.action }).click()
      await dialog.waitFor({ state: 'detached' })
      await page.getByText(said(texts.leave.done, { name })).waitFor()
      await pane(page).waitFor({ state: 'detached' })
      await row(page, name).waitFor({ state: 'detached' })
      expect(new URL(page.url()).searchParams.get('open')).toBeNull()
      expect(await idOf(page, name)).toBeUndefined()
      expect(await findings(page)).toEqual([])
      await picture(page, `left-${language}`)
    }
    // The customer's side.
    const theirs = await open(browser, { language })
    await signIn(theirs, admin, '/portal')
    const ended = (language === 'fr' ? portail : portal).ended.partner.split('{{date}}')[0] ?? ''
    await theirs.locator('.plead', { hasText: ended }).waitFor()
    expect(await theirs.locator('.plead').innerText()).toContain('Litware')
    expect(await findings(theirs)).toEqual([])
    await picture(theirs, `ended-${language}`)
  })
})

test('who has no role is told whom to ask', async () => {
  const page = await open(browser)
  await signIn(page, people.nobody)
  await page.getByText(shell.noRole.contacts).waitFor()
  expect(await page.locator('#page li').count()).toBeGreaterThan(0)
  expect(await findings(page)).toEqual([])
  await picture(page, 'no-role')
})
