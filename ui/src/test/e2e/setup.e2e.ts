import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findings, open, openBrowser, picture, rows } from './harness'
import { termsHere } from '../../portal/draft'
import portalWords from '../../portal/text.en.json'
import words from '../../setup/text.en.json'
import mots from '../../setup/text.fr.json'
import common from '../../text/common.en.json'

// From nothing to the first customer, as the README says, with processes of its own: a simulated cloud in which nothing is registered, and a
// Roomward that is not set up. ROOMWARD_BINARY names the program.

const binary = process.env['ROOMWARD_BINARY'] ?? ''
const data = mkdtempSync(join(tmpdir(), 'roomward-setup-'))
const running: ChildProcess[] = []
let browser: Browser
let cloud: string
let base: string

/** Starts the program and waits for a line that matches; gives the first group. */
function start(pattern: RegExp, ...args: string[]): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ROOMWARD_'))) // those are settings to the program
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
  running.push(child)
  return new Promise((found, failed) => {
    let said = ''
    const read = (chunk: Buffer) => {
      said += chunk.toString()
      const match = pattern.exec(said)
      if (match) found(match[1] ?? '')
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.on('exit', (code) => failed(new Error(`${args[0]} ended with ${code}: ${said}`)))
    child.on('error', failed)
  })
}

function freePort(): Promise<number> {
  return new Promise((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => found(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

beforeAll(async () => {
  if (binary === '') throw new Error('ROOMWARD_BINARY must name the program: the guide is walked on one that is not set up')
  browser = await openBrowser()
  cloud = await start(/Simulated Microsoft cloud: (http:\S+)/, 'cloudsim', '--listen', '127.0.0.1:0')
  base = `http://127.0.0.1:${await freePort()}`
  await start(/(set-up guide is open)/, 'serve', '--cloud', cloud, '--data', data, '--listen', new URL(base).host)
})
afterAll(async () => {
  for (const child of running) {
    child.removeAllListeners('exit')
    child.kill()
  }
  await browser.close()
  rmSync(data, { recursive: true, force: true })
  rmSync(`${data}-backup`, { recursive: true, force: true })
})

const token = () => readFileSync(join(data, 'setup-token'), 'utf8').trim()
const next = (page: Page) => page.getByRole('button', { name: common.kit.next, exact: true }).click()
const field = (page: Page, label: string) => page.getByRole('textbox', { name: label })
const code = (page: Page, name: string) => page.locator(`.findings [data-code="${name}"]`).first().waitFor()
const step = (page: Page, label: string) => page.locator('.wsteps [aria-current=step]', { hasText: label }).waitFor()

/** Presses a button of the page that plays the Entra portal, with what was filled in before. */
async function inPortal(page: Page, button: string): Promise<void> {
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: button, exact: true }).click()]) // the page that answers the form
  expect(await page.locator('.problem').count()).toBe(0)
}

/** A change by the API, as the pages make it. */
function call<T>(page: Page, method: string, path: string, body?: object): Promise<T> {
  return page.evaluate(
    async ([method, path, body]) => {
      const answer = await fetch(`/api${path}`, {
        method,
        headers: { 'X-Roomward-Request': '1', ...(body !== null && { 'Content-Type': 'application/json' }) },
        ...(body !== null && { body: JSON.stringify(body) }),
      })
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
      return (answer.status === 204 ? undefined : await answer.json()) as T
    },
    [method, path, body ?? null] as const,
  )
}

async function signIn(page: Page, login: string, back: string): Promise<void> {
  await page.goto(`${base}/signin?${new URLSearchParams({ login_hint: login, return: back }).toString()}`)
  await page.waitForSelector('#page h1')
}

describe('from nothing to the first customer', () => {
  test('nothing opens without the token; the guide leads through, and Roomward starts in its place', async () => {
    const page = await open(browser)
    await page.goto(`${base}/rooms`) // every page leads to the guide
    await page.waitForURL(`${base}/setup`)
    await page.getByRole('heading', { name: words.door.title }).waitFor()
    await field(page, words.door.token).fill('NOT-THE-TOKEN')
    await page.getByRole('button', { name: words.door.open }).click()
    await page.getByText(words.door.wrong).waitFor()
    expect(await findings(page)).toEqual([])
    await picture(page, 'setup-door')
    expect(statSync(join(data, 'setup-token')).mode & 0o777).toBe(0o600)
    await page.goto('about:blank')
    await page.goto(`${base}/setup#${token()}`) // as it is printed
    await step(page, words.address.label)
    await expect.poll(() => page.url()).toBe(`${base}/setup`) // and the token is nowhere any more
    expect(() => token()).toThrow()

    await expect.poll(() => field(page, words.address.url).inputValue()).toBe(base)
    await picture(page, 'setup-address')
    await next(page)
    await step(page, words.partner.label)
    await field(page, words.partner.tenant).fill('proseware.example')
    await field(page, words.partner.name).fill('Litware')
    await field(page, words.partner.domains).fill('partner.example')
    await next(page)
    await code(page, 'tenant-government')
    await field(page, words.partner.tenant).fill('partner.example')
    await field(page, words.partner.domains).fill('partner.example, woodgrove.example')
    await next(page)
    await code(page, 'domain-foreign')
    expect(await findings(page)).toEqual([])
    await picture(page, 'setup-partner')
    await field(page, words.partner.domains).fill('partner.example')
    await next(page)
    await step(page, words.registration.label)

    const portal = await page.context().newPage()
    await portal.goto(`${cloud}/portal`)
    await portal.getByLabel(/Redirect URIs/).fill(`${base}/signin/callback\n${base}/consent/callback`)
    await inPortal(portal, 'Register')
    const clientId = await portal.locator('#overview dt', { hasText: 'client' }).locator('xpath=following-sibling::dd[1]').innerText()
    await field(page, words.registration.client).fill(clientId)
    await page.getByRole('button', { name: words.registration.makeCertificate }).click()
    await page.locator('[data-thumbprint]').waitFor()
    await next(page)
    await code(page, 'certificate-unknown')
    expect(await findings(page)).toEqual([])
    await picture(page, 'setup-registration')

    const saving = page.waitForEvent('download')
    await page.getByRole('button', { name: words.registration.download }).click()
    const file = await (await saving).path()
    expect(readFileSync(file, 'utf8')).not.toContain('PRIVATE')
    await portal.locator('input[type=file]').setInputFiles({ name: 'roomward.pem', mimeType: 'application/x-pem-file', buffer: readFileSync(file) })
    await inPortal(portal, 'Upload certificate')
    await next(page)
    await code(page, 'app-unknown') // nobody has let it in yet
    for (const box of await portal.locator('#permissions input[type=checkbox]').all()) await box.check()
    await inPortal(portal, 'Save permissions')
    await inPortal(portal, 'Grant admin consent for Litware')
    for (const box of await portal.locator('#claims input[type=checkbox]').all()) await box.check()
    await inPortal(portal, 'Save claims')
    await inPortal(portal, 'Create app role Manager')
    await page.getByRole('button', { name: words.check }).click()
    await code(page, 'permissions-ok')
    await picture(page, 'setup-registered')
    await next(page)

    // A second application that acts, of which the first one is relieved.
    await step(page, words.acting.label)
    await page.getByRole('radio', { name: words.acting.second }).check()
    const second = await page.context().newPage()
    await second.goto(`${cloud}/portal?app=acting`)
    await second.getByLabel(/Redirect URIs/).fill(`${base}/consent/acting/callback`)
    await inPortal(second, 'Register')
    const actingId = await second.locator('#overview dt', { hasText: 'client' }).locator('xpath=following-sibling::dd[1]').innerText()
    await second.getByRole('checkbox', { name: /TeamworkDevice.ReadWrite.All/ }).check()
    await inPortal(second, 'Save permissions')
    await inPortal(second, 'Grant admin consent for Litware')
    await inPortal(second, 'New client secret')
    const secret = await second.locator('.made code').innerText()
    await field(page, words.registration.client).fill(actingId)
    await page.getByRole('radio', { name: words.registration.secret, exact: true }).check()
    await page.getByLabel(words.registration.secretValue).fill(secret)
    await next(page)
    await code(page, 'acting-ok')
    expect(await findings(page)).toEqual([])
    await picture(page, 'setup-acting')
    await portal.getByRole('checkbox', { name: /TeamworkDevice.ReadWrite.All/ }).uncheck()
    await inPortal(portal, 'Save permissions')
    await inPortal(portal, 'Grant admin consent for Litware')
    await next(page)
    await step(page, words.managers.label)

    // A sign-in that is only looked at: before and after somebody is a manager.
    await page.getByRole('button', { name: words.managers.try }).click()
    await page.getByRole('button', { name: /Sofia Lindgren/ }).click()
    await code(page, 'signin-no-manager')
    await inPortal(portal, 'Assign Manager to Sofia Lindgren')
    await page.getByRole('button', { name: words.managers.try }).click()
    await page.getByRole('button', { name: /Sofia Lindgren/ }).click()
    await code(page, 'signin-ok')
    expect(await findings(page)).toEqual([])
    await picture(page, 'setup-managers')
    await next(page)
    await step(page, words.mail.label)
    await picture(page, 'setup-mail')
    await next(page)
    await step(page, words.backups.label)
    expect(await field(page, words.backups.dir).inputValue()).toBe(`${data}-backup`)
    await field(page, words.backups.dir).fill(join(data, 'inside'))
    await next(page)
    await page.getByText('Not inside the data directory').waitFor()
    await field(page, words.backups.dir).fill(`${data}-backup`)
    await next(page)
    await code(page, 'backup-same-disk') // both lie in one temporary directory
    expect(await findings(page)).toEqual([])
    await picture(page, 'setup-backups')
    await next(page)
    await page.getByRole('button', { name: words.review.start }).waitFor()
    expect(await findings(page)).toEqual([])
    await picture(page, 'setup-review')
    await page.getByRole('button', { name: words.review.start }).click()
    await page.getByRole('heading', { name: words.started.ready }).waitFor()
    await picture(page, 'setup-started')
    const settings = readFileSync(join(data, 'settings.conf'), 'utf8')
    expect(settings).toContain(`client-id = ${clientId}`)
    expect(settings).toContain(`act-client-id = ${actingId}`)
    expect(settings).toContain('backup-at = 02:30')
    expect(statSync(join(data, 'settings.conf')).mode & 0o777).toBe(0o600)

    await page.getByRole('link', { name: words.started.open }).click()
    await page.waitForURL(/\/(welcome)?$/)
    await page.goto(`${base}/setup`)
    await page.getByRole('heading', { name: words.over.title }).waitFor()
  })

  test('a manager makes a code, a customer consents and invites, and its rooms arrive', async () => {
    const partner = await open(browser)
    await signIn(partner, 'manager@partner.example', '/installation')
    await partner.getByRole('button', { name: words.installation.check }).click()
    await code(partner, 'backup-ok')
    await partner.getByText(/wants? a look|is in order/).waitFor()
    expect(await findings(partner)).toEqual([])
    await picture(partner, 'installation')
    await partner.goto(`${base}/customers`)
    await partner.waitForSelector('#page h1')
    const { text } = await call<{ text: string }>(partner, 'POST', '/invitation-codes', { note: 'the first customer', expiresInDays: 1 })

    const customer = await open(browser)
    await signIn(customer, 'admin@woodgrove.example', '/portal')
    await customer.goto(`${base}/consent`)
    await customer.getByText('Renee Alvarez').click()
    await customer.getByRole('button', { name: 'Accept' }).click()
    await customer.waitForURL(`${base}/portal?consent=ok`)
    await call(customer, 'POST', '/partnership/invitations', {
      partnerDomain: 'partner.example',
      code: text,
      expiresInDays: 7,
      agreedTerms: termsHere,
      grant: { all: true },
    })

    const { items: directory } = await call<{ items: { kind: string; id: string }[] }>(partner, 'GET', '/directory?q=primary.admin')
    const admin = directory.find((one) => one.kind === 'user')
    const { items } = await call<{ items: { id: string; name: string }[] }>(partner, 'GET', '/customers')
    const invitation = items.find((one) => one.name === 'Woodgrove Bank')
    await call(partner, 'POST', `/invitations/${invitation?.id}/accept`, { version: 1, primaryAdmins: [{ kind: 'user', id: admin?.id }] })

    const lead = await open(browser)
    await signIn(lead, 'primary.admin@partner.example', '/rooms')
    await expect.poll(async () => {
      const page = await call<{ total?: number }>(lead, 'GET', '/rooms?total=true&limit=1')
      return page.total
    }, { timeout: 60_000 }).toBe(131)
    await lead.reload()
    await rows(lead).first().waitFor()
    await picture(lead, 'setup-first-customer')

    // The customer lets the partner act, too.
    await customer.goto(`${base}/portal`)
    await customer.getByRole('link', { name: portalWords.acting.give }).click()
    await customer.getByText('Renee Alvarez').click()
    await customer.getByText('Read and write Teams devices').waitFor()
    await customer.getByRole('button', { name: 'Accept' }).click()
    await customer.waitForURL(`${base}/portal?acting=ok`)
    await customer.getByRole('heading', { name: portalWords.acting.title }).waitFor()
    await customer.getByText('where it has an entry of its own').waitFor()
    expect(await findings(customer)).toEqual([])
    await picture(customer, 'setup-acting-consented')
  })

  test('the door in French, in the dark', async () => {
    const other = mkdtempSync(join(tmpdir(), 'roomward-setup-'))
    const at = `http://127.0.0.1:${await freePort()}`
    await start(/(set-up guide is open)/, 'serve', '--cloud', cloud, '--data', other, '--listen', new URL(at).host)
    const page = await open(browser, { language: 'fr', colorScheme: 'dark' })
    await page.goto(`${at}/setup`)
    await page.getByRole('heading', { name: mots.door.title }).waitFor()
    await page.getByRole('textbox', { name: mots.door.token }).fill(readFileSync(join(other, 'setup-token'), 'utf8').trim())
    await page.keyboard.press('Enter')
    await step(page, mots.address.label)
    expect(await findings(page)).toEqual([])
    await picture(page, 'setup-address-fr-dark')
    rmSync(other, { recursive: true, force: true })
  })
})
