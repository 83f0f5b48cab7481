// @vitest-environment happy-dom
import type { ReactNode } from 'react'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { member, people } from '../test/world'
import { button, click, find, press, stage, type, until, type Stage } from '../test/stage'
import collecting from '../collect/text.en.json'
import portal from '../portal/text.en.json'
import { AcceptDialog } from './accept'
import { AdminsTab } from './admins'
import { CustomerPane } from './customer'
import { LeaveCustomer } from './leave'
import type { Detail } from './queries'
import words from './text.en.json'

const soon = new Date(Date.now() - 30_000).toISOString()
const customer: Detail = {
  id: 'tailspin',
  kind: 'customer',
  name: 'Tailspin',
  tenantId: '36e2628a-2405-49df-87b2-bd14f19c4b18',
  domains: ['tailspin.example'],
  state: 'active',
  mine: true,
  acceptedAt: soon,
  acceptedBy: 'Nadia Haddad',
  ceiling: ['rooms.view'],
  catalogue: ['rooms.view', 'rooms.act'],
  primaryAdmin: false,
  retentionDays: 180,
  sealDays: 30,
  changeControl: { role: 'manual', assignment: 'auto', group: 'auto', action: 'auto', export: 'auto' },
}
const invitation: Detail = {
  ...customer,
  id: 'inv-1',
  kind: 'invitation',
  state: 'pending',
  mine: false,
  acceptedAt: undefined,
  acceptedBy: undefined,
  roomsOffered: 46,
  grant: { all: false, rules: [{ country: 'FR' }] },
  looksLike: 'Tail Spin',
  version: 3,
  contacts: ['rooms@tailspin.example'],
  strongAuth: { id: 'c1', name: 'Phishing-resistant MFA', offered: true },
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly body: unknown
}

/** Answers like the server, and keeps what was asked. */
function serve(answers: Record<string, (call: number) => { status?: number; body: unknown }>): readonly Asked[] {
  const asked: Asked[] = []
  const calls = new Map<string, number>()
  vi.stubGlobal('fetch', async (request: Request) => {
    const path = new URL(request.url, 'http://host').pathname
    const line = `${request.method} ${path}`
    const text = request.method === 'GET' ? '' : await request.text()
    asked.push({ method: request.method, path, body: text === '' ? undefined : JSON.parse(text) })
    const n = calls.get(line) ?? 0
    calls.set(line, n + 1)
    const { status = 200, body } = answers[line]?.(n) ?? { status: 404, body: { code: 'not-found', status: 404 } }
    const kind = status < 400 ? 'application/json' : 'application/problem+json'
    return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': kind } })
  })
  return asked
}

let here: Stage | undefined
afterEach(async () => {
  await here?.end()
  here = undefined
  vi.unstubAllGlobals()
})
const texts = { customers: words, collect: collecting, portal }
const show = async (content: () => ReactNode, me = people.primaryAdmin) => {
  here = await stage(content, { words: texts, me })
  return here
}
const text = () => document.body.textContent ?? ''

test('the first collection is shown while it runs, and the rooms when they are there', async () => {
  const progress = { step: 'devices', done: 12, total: 46 }
  serve({
    'GET /api/customers/tailspin': (call) => ({
      body: call === 0 ? { ...customer, progress } : { ...customer, rooms: 46, dataAt: new Date().toISOString() },
    }),
  })
  await show(() => <CustomerPane id="tailspin" row={undefined} />)
  await until(() => expect(text()).toContain('Reading devices, 12 of 46'))
  const bar = find('progress') as HTMLProgressElement
  expect([bar.getAttribute('value'), bar.getAttribute('max'), bar.getAttribute('aria-label')]).toEqual(['12', '46', words.first.bar])
  expect(text()).not.toContain('rooms are there')
  // Nobody pressed anything: it looks again by itself every two seconds.
  await vi.waitFor(() => until(() => expect(text()).toContain('46 rooms are there.')), 6_000)
  expect(document.querySelector('progress')).toBeNull()
}, 10_000)

test('who has no role there is told so and sees no number', async () => {
  serve({ 'GET /api/customers/tailspin': () => ({ body: { ...customer, mine: false } }) })
  await show(() => <CustomerPane id="tailspin" row={undefined} />, people.tenantManager)
  await until(() => expect(text()).toContain('you have no role for Tailspin, so its rooms do not show to you.'))
  expect(text()).not.toMatch(/46|Show rooms|Collection/)
})

test('the record can be kept before a customer is removed, or asked for where the customer approves exports', async () => {
  const entry = { ...customer, id: 'northwind', name: 'Northwind' }
  const dialog = () => <LeaveCustomer customer={entry} open onLeft={() => undefined} onClose={() => undefined} />
  const links = () => [...document.querySelectorAll('[role=alertdialog] a')].map((a) => a.textContent)
  await show(dialog)
  await until(() => expect(links()).toEqual([words.leave.csv, words.leave.jsonl]))
  expect(text()).not.toContain('approves exports first')
  await here?.end()
  await show(dialog, member({}, people.primaryAdmin.holdings.map((held) => ({ ...held, approves: ['export'] }))))
  await until(() => expect(links()).toEqual([words.leave.record]))
  expect(find('[role=alertdialog] a').getAttribute('href')).toBe('/c/northwind/audit')
  expect(text()).toContain('Northwind approves exports first')
})

test('an invitation is accepted by keyboard, with somebody chosen from the directory', async () => {
  const group = { kind: 'group', id: 'g1', name: 'Desk leads', size: 4 }
  const asked = serve({
    'GET /api/directory': () => ({ body: { items: [group] } }),
    'POST /api/invitations/inv-1/accept': () => ({ status: 201, body: { customerId: 'tailspin' } }),
  })
  const done = vi.fn()
  const me = member({ tenantManager: true })
  const set = await show(() => <AcceptDialog invitation={invitation} onClose={done} />, me)
  expect(text()).toContain('Looks like Tail Spin')
  // Nobody chosen: Next says why, and stays.
  await click(button('Next'))
  expect(text()).toContain(words.accept.none)
  await type(find('[role=combobox]'), 'desk')
  await until(() => find('[role=option]'))
  await press('Enter', {}, find('[role=combobox]'))
  await click(button('Next'))
  for (const part of ['Desk leads', 'All rooms in France', '46 rooms', '1 of 2 permissions', invitation.tenantId, 'They approve first: Roles', 'Phishing-resistant MFA, of everybody', 'Record sealed for them for 30 days']) expect(text()).toContain(part)
  await click(button(words.accept.submit))
  await until(() => expect(done).toHaveBeenCalledOnce())
  expect(asked.filter((a) => a.method === 'POST')).toEqual([
    { method: 'POST', path: '/api/invitations/inv-1/accept', body: { version: 3, primaryAdmins: [{ kind: 'group', id: 'g1' }] } },
  ])
  // The pane of the new customer takes over.
  await until(() => expect(set.address()).toContain('open=tailspin'))
})

test('an invitation that somebody else answered meanwhile says so and stays open', async () => {
  serve({
    'POST /api/invitations/inv-1/accept': () => ({ status: 409, body: { code: 'invitation-not-pending', status: 409, title: 'Conflict' } }),
  })
  const done = vi.fn()
  await show(() => <AcceptDialog invitation={invitation} onClose={done} />)
  await click(button(words.accept.me))
  await click(button('Next'))
  await click(button(words.accept.submit))
  await until(() => expect(text()).toContain('This invitation is not pending any more.'))
  expect(done).not.toHaveBeenCalled()
})

describe('a relation that nobody can run', () => {
  const closed: Detail = { ...customer, state: 'without-admin', withoutAdminSince: '2026-11-20T08:00:00Z', mine: false }
  const nobody = { body: { items: [], effective: false } }

  test('managers propose others, and read that the customer has to answer', async () => {
    const group = { kind: 'group', id: 'g1', name: 'Desk leads', size: 4 }
    const proposal = { id: 'p1', members: [{ kind: 'group', id: 'g1', name: 'Desk leads' }], proposedAt: soon, proposedBy: 'Pat Partner' }
    const asked = serve({
      'GET /api/customers/tailspin': (call) => ({ body: call === 0 ? closed : { ...closed, adminProposal: proposal } }),
      'GET /api/directory': () => ({ body: { items: [group] } }),
      'POST /api/customers/tailspin/admin-proposals': () => ({ status: 201, body: proposal }),
    })
    await show(() => <CustomerPane id="tailspin" row={undefined} />, people.tenantManager)
    await until(() => expect(text()).toContain('No primary admin of Tailspin can act'))
    await click(button(words.without.propose))
    await type(find('[role=combobox]'), 'desk')
    await until(() => find('[role=option]'))
    await press('Enter', {}, find('[role=combobox]'))
    await click(button(words.without.send))
    await until(() => expect(text()).toContain('Waits for Tailspin'))
    expect(text()).toContain('Proposed by Pat Partner')
    expect(asked.filter((a) => a.method === 'POST').map((a) => a.body)).toEqual([{ members: [{ kind: 'group', id: 'g1' }] }])
  })

  test('others are told whom to ask', async () => {
    serve({ 'GET /api/customers/tailspin': () => ({ body: closed }), 'GET /api/customers/tailspin/primary-admins': () => nobody })
    await show(() => <CustomerPane id="tailspin" row={undefined} />, people.technician)
    await until(() => expect(text()).toContain(words.without.ask))
    expect(() => button(words.without.propose)).toThrow()
  })
})

describe('primary admins', () => {
  const admin = (name: string) => ({ kind: 'user', id: name, name, since: '2026-11-01T08:00:00Z' })
  const runs = member({}, [{ customerId: 'tailspin', customerName: 'Tailspin', state: 'active', permissions: ['roles.modify'], everywhere: ['roles.modify'], approves: [] }])
  const looks = member({}, [{ customerId: 'tailspin', customerName: 'Tailspin', state: 'active', permissions: ['roles.modify'], everywhere: [], approves: [] }])
  const list = (...names: string[]) => ({ body: { items: names.map(admin), effective: true } })
  const showTab = (me: typeof runs) => show(() => <AdminsTab customer={customer} />, me)

  test('the last one cannot be removed, and that is said', async () => {
    serve({ 'GET /api/customers/tailspin/primary-admins': () => list('Ada') })
    await showTab(runs)
    await until(() => expect(text()).toContain('The last primary admin cannot be removed.'))
    expect(button('Remove Ada').getAttribute('aria-disabled')).toBe('true')
  })

  test('a removal that comes too late is refused in the dialog', async () => {
    serve({
      'GET /api/customers/tailspin/primary-admins': () => list('Ada', 'Ben'),
      'DELETE /api/customers/tailspin/primary-admins/user%3ABen': () => ({ status: 409, body: { code: 'last-primary-admin', status: 409 } }),
    })
    await showTab(runs)
    await until(() => button('Remove Ben'))
    await click(button('Remove Ben'))
    await click(button('Remove', find('[role=alertdialog]')))
    await until(() => expect(find('[role=alertdialog]').textContent).toContain('The last primary admin cannot be removed.'))
  })

  test('who does not run the roles everywhere reads why nothing can be changed', async () => {
    serve({ 'GET /api/customers/tailspin/primary-admins': () => list('Ada', 'Ben') })
    await showTab(looks)
    await until(() => expect(text()).toContain(words.admins.readOnly))
    expect(() => button('Remove Ada')).toThrow()
    expect(() => button(words.admins.add)).toThrow()
  })
})
