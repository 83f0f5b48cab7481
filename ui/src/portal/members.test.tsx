// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest'
import { button, click, find, stage, until, type Stage } from '../test/stage'
import { people } from '../test/world'
import { Page as Members } from './members'
import { Page as Home } from './page'
import type { OwnAccess, Partnership } from './queries'
import words from './text.en.json'

const hour = 3_600_000
const ago = (hours: number) => new Date(Date.now() - hours * hour).toISOString()
const partnership: Partnership = {
  administers: true,
  defaultCeiling: [],
  needsCode: false,
  organisation: { name: 'Northwind', tenantId: 't-1', domains: ['northwind.example'], consent: 'none' },
  partner: { name: 'Litware', domain: 'litware.example' },
  permissions: ['rooms.view'],
  retentionDays: 180,
  termsVersion: '1',
} as unknown as Partnership // what these pages do not read is left out
const access: OwnAccess = {
  unread: 0,
  roles: [
    {
      id: 'r1',
      name: 'Primary admins',
      builtIn: true,
      permissions: ['rooms.view'],
      cut: [],
      changedAt: ago(50),
      assignments: [{ id: 'a1', name: 'Assigned admins', members: [{ kind: 'user', id: 'ada', name: 'Ada' }], all: true, places: [], state: 'active' }],
    },
    {
      id: 'r2',
      name: 'Night desk',
      builtIn: false,
      permissions: ['rooms.view'],
      cut: ['rooms.act'],
      changedAt: ago(50),
      assignments: [
        {
          id: 'a2',
          name: 'Nights',
          members: [{ kind: 'group', id: 'desk', name: 'Desk leads' }],
          all: false,
          places: [{ kind: 'room', name: 'Boardroom 12' }],
          endsAt: ago(24),
          state: 'ended',
        },
      ],
    },
  ],
  members: [
    { kind: 'user', id: 'ada', name: 'Ada', roles: ['Primary admins'], lastActive: ago(3.5), people: [], through: [{ kind: 'group', id: 'desk', name: 'Desk leads' }] },
    { kind: 'group', id: 'desk', name: 'Desk leads', roles: ['Night desk'], size: 4, lastActive: ago(0.5), people: [{ id: 'dan', name: 'Dan', lastActive: ago(0.5) }], through: [] },
  ],
}

const asked: { line: string; body: string }[] = []
function serve(answers: Record<string, () => { status?: number; body?: unknown }>) {
  asked.length = 0
  vi.stubGlobal('fetch', async (request: Request) => {
    const line = `${request.method} ${decodeURIComponent(new URL(request.url, 'http://host').pathname)}`
    if (request.method !== 'GET') asked.push({ line, body: await request.text() })
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
const show = async (page: () => React.ReactNode) => {
  here = await stage(page, { words: { portal: words }, me: people.customerAdmin })
}
const text = () => document.body.textContent ?? ''
const dialog = () => find('[role=alertdialog]')

test('who has access says by what, where, until when, and when somebody was last there', async () => {
  serve({ 'GET /api/partnership': () => ({ body: partnership }), 'GET /api/partnership/access': () => ({ body: access }) })
  await show(() => <Members />)
  await until(() => expect(text()).toContain('Night desk'))
  for (const part of ['3 h ago', words.members.thisHour, 'group of 4 members', 'Also in Desk leads', 'Boardroom 12', 'Ended on', words.members.all, words.members.cutOff, words.members.stays]) {
    expect(text()).toContain(part)
  }
  expect(asked).toEqual([])
})

test('to remove a person says whom it leaves in, that it is the last primary admin, and is asked for first', async () => {
  let now = access
  serve({
    'GET /api/partnership': () => ({ body: partnership }),
    'GET /api/partnership/access': () => ({ body: now }),
    'DELETE /api/partnership/members/user:ada': () => {
      now = { ...access, members: access.members.slice(1) }
      return { status: 204 }
    },
  })
  await show(() => <Members />)
  await until(() => button('Remove Ada'))
  await click(button('Remove Ada'))
  for (const part of ['Ada stays in by Desk leads', 'Litware has no primary admin', 'This cannot be undone here']) expect(dialog().textContent).toContain(part)
  expect(asked).toEqual([])
  await click(button(words.members.remove, dialog()))
  await until(() => expect(text()).toContain('Ada removed.'))
  await until(() => expect(document.querySelector('[aria-label="Remove Ada"]')).toBeNull())
  expect(asked).toEqual([{ line: 'DELETE /api/partnership/members/user:ada', body: '' }])
})

test('a role goes with its assignments, the built-in one cannot', async () => {
  serve({
    'GET /api/partnership': () => ({ body: partnership }),
    'GET /api/partnership/access': () => ({ body: access }),
    'DELETE /api/partnership/roles/r2': () => ({ status: 204 }),
  })
  await show(() => <Members />)
  await until(() => button(words.members.removeRole))
  expect([...document.querySelectorAll('button')].filter((one) => one.textContent === words.members.removeRole)).toHaveLength(1)
  await click(button(words.members.removeRole))
  expect(dialog().textContent).toContain('It ends for: Desk leads.')
  await click(button(words.members.remove, dialog()))
  await until(() => expect(asked).toEqual([{ line: 'DELETE /api/partnership/roles/r2', body: '' }]))
})

test('without a relation nobody has access', async () => {
  serve({ 'GET /api/partnership': () => ({ body: partnership }) })
  await show(() => <Members />)
  await until(() => expect(text()).toContain(words.members.noRelation))
})

test('what is kept after the end is shown until when, and deleted when asked', async () => {
  let record: object | undefined = { endedAt: '2026-11-28T12:00:00Z', until: '2026-12-28T12:00:00Z', entries: 7 }
  const ended = () => ({ beganAt: '2026-01-01T08:00:00Z', endedAt: '2026-11-28T12:00:00Z', endedBy: 'system', reason: 'consent', recordLost: false, record })
  serve({
    'GET /api/partnership': () => ({ body: { ...partnership, ended: ended() } }),
    'GET /api/partnership/invitations': () => ({ body: { items: [] } }),
    'DELETE /api/partnership/record': () => {
      record = undefined
      return { status: 204 }
    },
  })
  await show(() => <Home />)
  await until(() => expect(text()).toContain('7 entries of who did what are kept for you alone'))
  expect(text()).not.toContain('The record of the relation that')
  expect(text()).toContain('because the consent stayed withdrawn for 30 days')
  expect(find('a[href="/api/partnership/record"]').textContent).toContain(words.record.download)
  await click(button(words.record.drop))
  await click(button(words.record.drop, dialog()))
  await until(() => expect(text()).not.toContain('7 entries'))
  expect(asked).toEqual([{ line: 'DELETE /api/partnership/record', body: '' }])
})
