// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest'
import audit from '../audit/text.en.json'
import change from '../change/text.en.json'
import { button, click, find, stage, type, until, type Stage } from '../test/stage'
import { people } from '../test/world'
import { Page as Home } from './page'
import words from './text.en.json'

const partnership = {
  administers: true,
  organisation: { name: 'Northwind', tenantId: 't-1', domains: ['northwind.example'], consent: 'given' },
  partner: { name: 'Litware', domain: 'litware.example' },
  permissions: ['rooms.view', 'rooms.act'],
  events: ['role'],
  authContexts: [],
}
const relation = {
  acceptedAt: '2026-03-04T09:00:00Z',
  state: 'active',
  rooms: 212,
  grant: { all: true },
  ceiling: ['rooms.view'],
  changeControl: { role: 'manual' },
  retentionDays: 180,
  sealDays: 30,
  contacts: [],
}
const request = { id: 'q1', operation: 'role.update', object: 'Help desk', reason: 'Rings', askedBy: 'Sam', askedAt: '2026-11-29T00:00:00Z', state: 'waiting', detail: { before: { name: 'Help desk' }, after: { name: 'Desk' } } }

const sent: { line: string; body: string }[] = []
function serve(answers: Record<string, () => unknown>) {
  sent.length = 0
  vi.stubGlobal('fetch', async (request: Request) => {
    const line = `${request.method} ${new URL(request.url, 'http://host').pathname.replace('/api/partnership', '')}`
    if (request.method !== 'GET' && !line.includes('preview')) sent.push({ line, body: await request.text() })
    const body = answers[line]?.()
    const status = body === undefined ? 404 : 200
    return new Response(JSON.stringify(body ?? { status, code: 'not-found' }), { status, headers: { 'Content-Type': status === 200 ? 'application/json' : 'application/problem+json' } })
  })
}

let here: Stage | undefined
afterEach(async () => {
  await here?.end()
  here = undefined
  vi.unstubAllGlobals()
})
const show = async () => {
  here = await stage(() => <Home />, { words: { portal: words, change, audit }, me: people.customerAdmin })
}
const text = () => document.body.textContent ?? ''

test('the first sentence says how many people have access, and what waits is decided at once', async () => {
  let waiting = [request]
  const answer = () => {
    waiting = []
    return {}
  }
  serve({
    'GET ': () => ({ ...partnership, relation }),
    'GET /access': () => ({ people: 14, unread: 1, roles: [{ id: 'r' }, { id: 's' }], members: [] }),
    'GET /change-requests': () => ({ items: waiting }),
    'GET /audit': () => ({ items: [{ id: 'e1', at: '2026-11-28T23:00:00Z', actorName: 'Sam', operation: 'role.update', object: 'Help desk', result: 'refused' }] }),
    'POST /rooms/preview': () => ({ covered: 212, total: 240, buildings: [] }),
    'POST /change-requests/q1/approve': answer,
    'POST /change-requests/q1/reject': answer,
  })
  await show()
  await until(() => expect(find('.plead').textContent).toBe('Litware can see 212 of your 240 rooms and holds at most 1 of 2 permissions there. 14 people have access. 1 group could not be read. The other 28 rooms do not exist for it.'))
  expect(find('.plead a').getAttribute('href')).toBe('/portal/members')
  expect(text()).toContain('14 people, 2 roles')
  await until(() => expect(text()).toContain('Tried: Changed role'))
  await until(() => expect(find('.pwaiting').textContent).toContain('Change the role Help desk'))

  await click(button('Deny: Change the role Help desk'))
  await click(button(change.command.reject, find('[role=dialog]')))
  expect(find('[role=dialog]').textContent).toContain(change.reasonNeeded)
  expect(sent).toEqual([])
  await click(button('Cancel', find('[role=dialog]')))

  await click(button('Approve: Change the role Help desk'))
  const dialog = find('[role=alertdialog]')
  expect(dialog.querySelector('tr.changed')?.textContent).toContain('Help desk')
  await click(button(change.command.approve, dialog))
  await until(() => expect(document.querySelector('.pwaiting')).toBeNull())
  expect(sent.map((one) => one.line)).toEqual(['POST /change-requests/q1/approve'])

  waiting = [request]
  await here?.end()
  sent.length = 0
  await show()
  await until(() => button('Deny: Change the role Help desk'))
  await click(button('Deny: Change the role Help desk'))
  await type(find('[role=dialog] input'), 'Not in December')
  await click(button(change.command.reject, find('[role=dialog]')))
  await until(() => expect(sent).toEqual([{ line: 'POST /change-requests/q1/reject', body: '{"reason":"Not in December"}' }]))
})

test('nobody is told a number that the directory did not answer', async () => {
  serve({ 'GET ': () => ({ ...partnership, relation }), 'GET /access': () => ({ roles: [], members: [] }) })
  await show()
  await until(() => expect(text()).toContain('0 people and groups, 0 roles'))
  expect(find('.plead').textContent).not.toContain('access')
})

test('an end without a record says so, and the record of an end before is named by its date', async () => {
  const ended = { beganAt: '2026-11-01T08:00:00Z', endedAt: '2026-11-28T12:00:00Z', endedBy: 'customer', recordLost: true, record: { endedAt: '2026-10-20T12:00:00Z', until: '2026-12-28T12:00:00Z', entries: 7 } }
  serve({ 'GET ': () => ({ ...partnership, ended }), 'GET /invitations': () => ({ items: [] }) })
  await show()
  await until(() => expect(text()).toContain('There is no record of this relation'))
  expect(text()).toContain('The record of the relation that ended on Oct 20, 2026')
})

test('after an end nobody reads that consent was never given', async () => {
  const ended = { beganAt: '2026-11-01T08:00:00Z', endedAt: '2026-11-28T12:00:00Z', endedBy: 'partner' }
  serve({ 'GET ': () => ({ ...partnership, organisation: { ...partnership.organisation, consent: 'none' }, ended }), 'GET /invitations': () => ({ items: [] }) })
  await show()
  await until(() => expect(text()).toContain('Forgotten with the relation that ended on Nov 28, 2026'))
  expect(text()).toContain('In Entra the consent stays until you remove it there')
  expect(text()).not.toContain(words.consent.none)
})

test('who acted in a relation that has ended is a former member, and no bare id', async () => {
  serve({
    'GET ': () => ({ ...partnership, relation }),
    'GET /audit': () => ({ items: [{ id: 'e1', at: '2026-11-28T23:00:00Z', actorId: 'a1b2', side: 'partner', operation: 'role.update', result: 'successful' }] }),
  })
  await show()
  await until(() => expect(text()).toContain(audit.former.partner))
  expect(text()).not.toContain('a1b2')
})
