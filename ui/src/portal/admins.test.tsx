// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest'
import { button, click, find, stage, until, type Stage } from '../test/stage'
import { people } from '../test/world'
import { Page } from './page'
import type { OwnAdmins, Partnership } from './queries'
import words from './text.en.json'

const partnership: Partnership = {
  actsApart: false,
  actingConsent: 'unknown',
  administers: true, authContexts: [],
  defaultCeiling: [],
  needsCode: false,
  organisation: { name: 'Northwind', tenantId: 't-1', domains: ['northwind.example'], consent: 'given', consentAt: '2026-11-01T08:00:00Z' },
  partner: { name: 'Litware', domain: 'litware.example' },
  permissions: ['rooms.view'],
  retentionDays: 180,
  sealDays: 30,
  events: ['role'],
  termsVersion: '1',
}
const relation: Partnership['relation'] = {
  acceptedAt: '2026-11-01T08:00:00Z',
  acceptedBy: 'Maya',
  ceiling: ['rooms.view'],
  grant: { all: true },
  rooms: 3,
  state: 'without-admin',
  changeControl: { role: 'auto' },
  retentionDays: 180,
  sealDays: 30,
  contacts: ['admin@northwind.example'],
  version: 1,
}
const absent: OwnAdmins = {
  members: [{ kind: 'user', id: 'u1', name: 'Ada', absent: 'disabled' }],
  withoutAdminSince: '2026-11-20T08:00:00Z',
  proposal: { id: 'p1', members: [{ kind: 'group', id: 'g1', name: 'Desk leads' }], proposedAt: '2026-11-21T08:00:00Z', proposedBy: 'Maya' },
}

const asked: { line: string; body: string }[] = []
function serve(answers: Record<string, () => { status?: number; body?: unknown }>) {
  asked.length = 0
  vi.stubGlobal('fetch', async (request: Request) => {
    const line = `${request.method} ${new URL(request.url, 'http://host').pathname}`
    if (request.method !== 'GET' && !line.endsWith('/preview')) asked.push({ line, body: await request.text() })
    const { status = 200, body } = answers[line]?.() ?? { status: 404, body: { status: 404, code: 'not-found' } }
    const kind = status < 400 ? 'application/json' : 'application/problem+json'
    return new Response(body === undefined ? null : JSON.stringify(body), { status, headers: { 'Content-Type': kind } })
  })
}

let here: Stage | undefined
afterEach(async () => {
  await here?.end()
  here = undefined
  vi.unstubAllGlobals()
})
const show = async () => {
  here = await stage(() => <Page />, { words: { portal: words }, me: people.customerAdmin })
}
const text = () => document.body.textContent ?? ''

test('a proposal waits, with who and by whom, and is confirmed by its id', async () => {
  let confirmed = false
  serve({
    'GET /api/partnership': () => ({ body: { ...partnership, relation: confirmed ? { ...relation, state: 'active' } : relation } }),
    'GET /api/partnership/admins': () => ({ body: confirmed ? { members: [] } : absent }),
    'GET /api/partnership/invitations': () => ({ body: { items: [] } }),
    'POST /api/partnership/admins/confirm': () => {
      confirmed = true
      return { status: 204 }
    },
  })
  await show()
  await until(() => expect(text()).toContain('Litware proposes new primary admins'))
  for (const part of ['Desk leads', 'Proposed by Maya of Litware', words.tag.unled, 'account disabled']) expect(text()).toContain(part)
  await click(button(words.admins.confirm))
  await until(() => expect(text()).toContain(words.admins.confirmed))
  await until(() => expect(text()).not.toContain('Litware proposes new primary admins'))
  expect(asked.filter(({ line }) => line.includes('/admins/'))).toEqual([{ line: 'POST /api/partnership/admins/confirm', body: '{"proposal":"p1"}' }])
})

test('to refuse is asked for first; a proposal that changed meanwhile says so', async () => {
  serve({
    'GET /api/partnership': () => ({ body: { ...partnership, relation } }),
    'GET /api/partnership/admins': () => ({ body: absent }),
    'GET /api/partnership/invitations': () => ({ body: { items: [] } }),
    'POST /api/partnership/admins/refuse': () => ({ status: 409, body: { status: 409, code: 'proposal-changed' } }),
  })
  await show()
  await until(() => button(words.admins.refuse))
  await click(button(words.admins.refuse))
  const dialog = find('[role=alertdialog]')
  expect(asked).toEqual([])
  await click(button(words.admins.refuse, dialog))
  await until(() => expect(find('[role=alertdialog]').textContent).toContain('The proposal changed meanwhile.'))
})

test.each([
  ['partner', /The relation ended on .*2026, by Litware\./],
  ['customer', /The relation with Litware ended on .*2026, by your organisation\./],
] as const)('a relation that has ended by the %s says so, and one can invite again', async (endedBy, sentence) => {
  const ended = { beganAt: '2026-01-01T08:00:00Z', endedAt: '2026-11-20T12:00:00Z', endedBy }
  serve({ 'GET /api/partnership': () => ({ body: { ...partnership, ended } }), 'GET /api/partnership/invitations': () => ({ body: { items: [] } }) })
  await show()
  await until(() => expect(text()).toMatch(sentence))
  expect(text()).toContain('Its copy of your data is erased')
  expect(button(words.invitation.invite).getAttribute('href')).toBe('/portal/invite')
})
