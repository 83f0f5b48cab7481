// @vitest-environment happy-dom
import { afterEach, describe, expect, test, vi } from 'vitest'
import { member, people } from '../test/world'
import { button, click, find, press, stage, until, type Stage } from '../test/stage'
import type { Me } from '../api/me'
import type { Language } from '../text/format'
import { Tool } from './bell'
import type { Notice, Notices } from './queries'
import { targetOf } from './target'
import en from './text.en.json'
import fr from './text.fr.json'

const at = new Date(Date.now() - 10 * 60_000).toISOString()
const notice = (id: string, kind: string, more: Partial<Notice> = {}): Notice => ({
  id,
  at,
  kind,
  customerId: 'northwind',
  customer: 'Northwind',
  tenantId: 't-north',
  about: {},
  read: false,
  mail: 'none',
  ...more,
})

interface Asked {
  readonly line: string
  readonly body: unknown
}

/** Answers like the server: what was marked is read at the next look. */
function serve(list: Notices): readonly Asked[] {
  const asked: Asked[] = []
  let now = list
  vi.stubGlobal('fetch', async (request: Request) => {
    const line = `${request.method} ${new URL(request.url, 'http://host').pathname}`
    const text = request.method === 'GET' ? '' : await request.text()
    asked.push({ line, body: text === '' ? undefined : JSON.parse(text) })
    if (request.method === 'GET') return new Response(JSON.stringify(now), { headers: { 'Content-Type': 'application/json' } })
    now = { ...now, unread: 0, items: now.items.map((one) => ({ ...one, read: true })) }
    return new Response(null, { status: 204 })
  })
  return asked
}

let shown: Stage | undefined
async function show(me: Me, language: Language = 'en'): Promise<Stage> {
  shown = await stage(() => <Tool />, { me, language, words: { notify: language === 'fr' ? fr : en } })
  return shown
}

afterEach(async () => {
  await shown?.end()
  shown = undefined
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const panel = () => find('.told')

describe('the bell', () => {
  test('counts, opens, marks what was read, and keeps it marked as new while one looks', async () => {
    const asked = serve({ waiting: 0, unread: 2, items: [notice('n3', 'ceiling.changed'), notice('n2', 'change.approved', { about: { event: 'role', object: 'Desk', by: 'Ann' } }), notice('n1', 'new.kind', { read: true })] })
    await show(people.primaryAdmin)
    await until(() => button('Notices, 2 new'))
    await click(button('Notices, 2 new'))
    await until(() => expect(panel().textContent).toContain('Northwind changed what Litware may do at most.'))
    expect(panel().textContent).toContain('Northwind approved a change of a role, “Desk”.')
    expect(panel().textContent).toContain('by Ann')
    expect(panel().textContent).toContain('There is news about Northwind.')
    await until(() => button('Notices'))
    expect(asked.filter((one) => one.line === 'POST /api/notices/read')).toEqual([{ line: 'POST /api/notices/read', body: { upTo: 'n3' } }])
    expect(document.querySelectorAll('.told li.fresh')).toHaveLength(2)

    await press('Escape', {}, panel())
    await until(() => expect(document.querySelector('.told')).toBeNull())
    await click(button('Notices'))
    await until(() => expect(panel().textContent).toContain('Northwind approved'))
    expect(document.querySelectorAll('.told li.fresh')).toHaveLength(0)
    expect(asked.filter((one) => one.line.startsWith('POST'))).toHaveLength(1)
  })

  test('marks what it shows also where it was opened before the answer', async () => {
    const asked = serve({ waiting: 0, unread: 1, items: [notice('n1', 'ceiling.changed')] })
    const answer = fetch
    let come: () => void = () => undefined
    const late = new Promise<void>((resolve) => (come = resolve))
    vi.stubGlobal('fetch', (request: Request) => late.then(() => answer(request)))
    await show(people.primaryAdmin)
    await click(button('Notices'))
    come()
    await until(() => expect(panel().textContent).toContain('Northwind changed what Litware may do at most.'))
    await until(() => expect(asked.filter((one) => one.line === 'POST /api/notices/read')).toHaveLength(1))
    expect(document.querySelectorAll('.told li.fresh')).toHaveLength(1)
  })

  test('a customer reads its own, in French', async () => {
    const asked = serve({ waiting: 0, unread: 1, items: [notice('n1', 'relation.ending', { about: { endsAt: '2026-12-28T12:00:00Z', days: 30 } })] })
    await show({ ...people.customerAdmin, organisation: { ...people.customerAdmin.organisation, name: 'Northwind' } }, 'fr')
    await until(() => button('Avis, 1 nouveau'))
    await click(button('Avis, 1 nouveau'))
    await until(() => expect(panel().textContent).toContain('La relation entre Northwind et Litware prend bientôt fin.'))
    expect(panel().textContent).toContain('28 déc. 2026')
    expect(asked.map((one) => one.line)).toContain('POST /api/partnership/notices/read')
    expect(asked.some((one) => one.line.includes(' /api/notices'))).toBe(false)
  })

  test('nothing has happened', async () => {
    serve({ waiting: 0, unread: 0, items: [] })
    await show(people.manager)
    await until(() => button('Notices'))
    await click(button('Notices'))
    await until(() => expect(panel().textContent).toContain('Nothing has happened yet'))
  })

  test('the server fails: said, with a way to try again', async () => {
    vi.stubGlobal('fetch', async () => new Response('{"status":500,"code":"internal"}', { status: 500, headers: { 'Content-Type': 'application/problem+json' } }))
    await show(people.manager)
    await click(button('Notices'))
    await until(() => button('Try again', panel()))
  })

  test.each([
    ['nobody', people.nobody],
    ['an employee of a customer', people.customerMember],
  ])('is not there for %s, and asks nothing', async (_, me) => {
    const asked = serve({ waiting: 0, unread: 0, items: [] })
    const { root } = await show(me)
    expect(root.querySelector('button')).toBeNull()
    expect(asked).toEqual([])
  })

  test('tells managers that no mail goes out, and each notice whose mail failed', async () => {
    serve({ waiting: 0, unread: 0, items: [notice('n1', 'invitation.sent', { read: true, mail: 'failed', mailReason: 'recipient' })], mail: { state: 'failing', since: at, reason: 'tls' } })
    await show(people.manager)
    await until(() => button('Notices'))
    await click(button('Notices'))
    await until(() => expect(panel().textContent).toContain('no encrypted connection to the mail server.'))
    expect(panel().textContent).toContain('The mail about it could not be sent: an address was refused.')
  })

  test('a checkpoint can be taken along', async () => {
    const copied: string[] = []
    vi.spyOn(navigator.clipboard, 'writeText').mockImplementation(async (text) => void copied.push(text))
    serve({ waiting: 0, unread: 0, items: [notice('n1', 'audit.checkpoint', { read: true, about: { line: { seq: 7, hash: 'ab' } as never } })] })
    await show(people.customerAdmin)
    await until(() => button('Notices'))
    await click(button('Notices'))
    await until(() => button('Copy the checkpoint'))
    await click(button('Copy the checkpoint'))
    await until(() => expect(copied).toEqual(['{"seq":7,"hash":"ab"}']))
  })
})

describe('where a notice leads', () => {
  test.each<[string, Notice, Me, unknown]>([
    ['an invitation', notice('1', 'invitation.sent', { customerId: undefined }), people.manager, { page: 'customers', customer: 'all', search: { q: 'Northwind' } }],
    ['a request', notice('1', 'change.approved', { about: { requestId: 'r1' } }), people.primaryAdmin, { page: 'requests', customer: 'all', search: { open: 'r1' } }],
    ['a role, for who sees roles', notice('1', 'role.removed'), people.primaryAdmin, { page: 'roles', customer: 'northwind' }],
    ['a role, for who sees none', notice('1', 'role.removed'), member({ manager: true }), { page: 'customers', customer: 'all', search: { open: 'northwind' } }],
    ['an end: nothing is left', notice('1', 'relation.ended', { customerId: undefined, customer: undefined }), people.manager, undefined],
    ['a customer’s own', notice('1', 'change.asked'), people.customerAdmin, { page: '/portal/approvals' }],
  ])('%s', (_, one, me, to) => expect(targetOf(one, me)).toEqual(to))
})
