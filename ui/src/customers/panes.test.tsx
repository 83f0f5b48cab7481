// @vitest-environment happy-dom
import type { ReactNode } from 'react'
import { afterEach, expect, test, vi } from 'vitest'
import { member, people } from '../test/world'
import { button, click, find, press, stage, type, until, type Stage } from '../test/stage'
import collecting from '../collect/text.en.json'
import { AcceptDialog } from './accept'
import { CustomerPane } from './customer'
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
  retentionDays: 180,
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
const texts = { customers: words, collect: collecting }
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
  for (const part of ['Desk leads', 'All rooms in France', '46 rooms', '1 of 2 permissions', invitation.tenantId]) expect(text()).toContain(part)
  await click(button(words.accept.submit))
  await until(() => expect(done).toHaveBeenCalledOnce())
  expect(asked.filter((a) => a.method === 'POST')).toEqual([
    { method: 'POST', path: '/api/invitations/inv-1/accept', body: { primaryAdmins: [{ kind: 'group', id: 'g1' }] } },
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
