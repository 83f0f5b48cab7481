// @vitest-environment happy-dom
import { afterEach, describe, expect, test, vi } from 'vitest'
import { button, click, find, stage, type, until, type Stage } from '../test/stage'
import type { Language } from '../text/format'
import { Page as Installation } from './installation'
import { inClear, Page } from './page'
import type { Checkup, Outcome, Situation } from './queries'
import common from '../text/common.en.json'
import en from './text.en.json'
import fr from './text.fr.json'

const plan = { dir: '/var/lib/roomward-backup', keepDays: 30, at: '02:30' }
const used = { pem: 'PEM-1', thumbprint: 'AA11', until: '2028-11-29T00:00:00Z' }
const registration = {
  clientId: '11111111-2222-4333-8444-555555555555',
  credential: 'certificate',
  certificate: used,
  redirects: ['https://rooms.partner.example/signin/callback', 'https://rooms.partner.example/consent/callback'],
  permissions: [{ name: 'Place.Read.All', id: 'p' }],
  manifest: '{}',
} as const
const situation: Situation = {
  version: 'test',
  trial: false,
  publicUrl: 'https://rooms.partner.example',
  tenant: 't-1',
  name: 'Litware',
  domains: ['partner.example'],
  registration,
  acting: { ...registration, clientId: '', credential: 'none', certificate: undefined, redirects: ['https://rooms.partner.example/consent/acting/callback'] },
  managerGroup: '',
  mail: { host: '', port: 0, user: '', passwordSet: false, tls: 'starttls', from: '', noticeMail: [] },
  backups: { dir: '', keepDays: 30, at: '' },
  proposedBackups: plan,
  given: {},
  signinTest: true,
  findings: {},
  missing: [],
} as unknown as Situation

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' } })

type Answer = (body: unknown) => Response

/** Answers as the guide does, by method and path; what is not named fails the test that asked for it. */
function serve(answers: Record<string, Answer>): { line: string; body: unknown }[] {
  const asked: { line: string; body: unknown }[] = []
  vi.stubGlobal('fetch', async (input: Request | string, init?: RequestInit) => {
    const request = typeof input === 'string' ? new Request(new URL(input, 'http://localhost'), init) : input
    const line = `${request.method} ${new URL(request.url, 'http://localhost').pathname}`
    const text = request.method === 'GET' ? '' : await request.text()
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    asked.push({ line, body })
    return answers[line]?.(body) ?? json({ title: 'not there', status: 404, code: 'not-found', detail: line }, 404)
  })
  return asked
}

let shown: Stage | undefined
async function show(Content: () => React.ReactNode, language: Language = 'en'): Promise<Stage> {
  shown = await stage(() => <Content />, { language, words: { setup: language === 'fr' ? fr : en } })
  return shown
}

afterEach(async () => {
  await shown?.end()
  shown = undefined
  history.replaceState(null, '', '/')
  vi.unstubAllGlobals()
})

const text = () => document.body.textContent ?? ''
const next = () => click(button(common.kit.next))
const radio = (field: string, nth: number) => find(`[data-field="${field}"] div:nth-of-type(${nth}) input`)
const field = (name: string) => find(`[name="${name}"]`)
const at = (step: string, answers: Record<string, Answer> = {}, now: Partial<Situation> = {}) => {
  history.replaceState(null, '', `/setup?step=${step}`)
  return serve({ 'GET /api/setup': () => json({ ...situation, ...now }), ...answers })
}

describe('the door', () => {
  test.each([
    ['http:', 'rooms.partner.example', true],
    ['http:', '192.0.2.7', true],
    ['http:', '127.0.0.1.partner.example', true],
    ['http:', '127.0.0.1', false],
    ['http:', 'localhost', false],
    ['http:', '[::1]', false],
    ['https:', 'rooms.partner.example', false],
  ])('%s//%s in the clear: %s', (protocol, hostname, clear) => {
    expect(inClear({ protocol, hostname })).toBe(clear)
  })

  test('asks for the token, says why one is not taken, and opens', async () => {
    let open = false
    const asked = serve({
      'GET /api/setup': () => (open ? json(situation) : json({ title: 'locked', status: 401, code: 'setup-locked' }, 401)),
      'POST /setup/session': (body) => {
        open = (body as { token: string }).token === 'RIGHT'
        return open ? new Response(null, { status: 204 }) : json({ title: 'no', status: 401, code: 'setup-token-wrong' }, 401)
      },
    })
    await show(Page)
    await until(() => expect(text()).toContain(en.door.lead))
    await click(button(en.door.open))
    await until(() => expect(text()).toContain(en.door.needed))
    expect(asked.some((one) => one.line === 'POST /setup/session')).toBe(false)
    await type(field('token'), 'GUESS')
    await click(button(en.door.open))
    await until(() => expect(text()).toContain(en.door.wrong))
    await type(field('token'), ' RIGHT ')
    await click(button(en.door.open))
    await until(() => expect(text()).toContain(en.review.lead))
    expect(asked.filter((one) => one.line === 'POST /setup/session').map((one) => one.body)).toEqual([{ token: 'GUESS' }, { token: 'RIGHT' }])
  })

  test('takes the token of the address once, and out of the address', async () => {
    history.replaceState(null, '', '/setup#PRINTED')
    const asked = serve({ 'GET /api/setup': () => json(situation), 'POST /setup/session': () => new Response(null, { status: 204 }) })
    await show(Page)
    await until(() => expect(text()).toContain(en.review.lead))
    expect(asked.filter((one) => one.line === 'POST /setup/session')).toEqual([{ line: 'POST /setup/session', body: { token: 'PRINTED' } }])
    expect(location.hash).toBe('')
  })

  test('says in French that Roomward serves already', async () => {
    serve({})
    await show(Page, 'fr')
    await until(() => expect(text()).toContain(fr.over.text))
  })
})

describe('the steps', () => {
  const warning: Outcome = { check: 'backups', state: 'warning', code: 'backup-same-disk', values: { dir: plan.dir } }
  const broken: Outcome = { check: 'backups', state: 'broken', code: 'backup-dir-closed', values: { dir: '/root/x' } }

  test('backups are proposed; broken keeps one there, a warning is read once', async () => {
    let answer: Partial<Situation> = { findings: { backups: [broken] } }
    const asked = at('backups', { 'PUT /api/setup/backups': () => json({ ...situation, ...answer }) })
    await show(Page)
    await until(() => expect((field('dir') as HTMLInputElement).value).toBe(plan.dir))
    await type(field('dir'), '/root/x')
    await next()
    await until(() => expect(text()).toContain('/root/x cannot be written.'))
    answer = { backups: plan, findings: { backups: [warning] } }
    await type(field('dir'), plan.dir)
    await next()
    await until(() => expect(text()).toContain('who loses the disk loses both'))
    expect(text()).toContain(en.goOn)
    await next()
    await until(() => expect(text()).toContain('Each day at 02:30, kept for 30 days'))
    expect(asked.filter((one) => one.line.startsWith('PUT')).map((one) => one.body)).toEqual([{ ...plan, dir: '/root/x' }, plan, plan])
  })

  test('what the server refuses of a field is told in its words', async () => {
    const refusal = { title: 'no', status: 422, code: 'invalid', detail: 'A field of the request is wrong.', errors: [{ location: 'body.dir', message: 'not inside the data directory' }] }
    at('backups', { 'PUT /api/setup/backups': () => json(refusal, 422) })
    await show(Page)
    await until(() => field('dir'))
    await next()
    await until(() => expect(text()).toContain('Not inside the data directory.'))
    expect(text()).not.toContain(refusal.detail)
  })

  test('a certificate that waits is told from the one in use, and can be discarded', async () => {
    const waits = { pem: 'PEM-2', thumbprint: 'BB22', until: '2028-11-30T00:00:00Z' }
    const asked = at('registration', { 'DELETE /api/setup/certificate': () => json(situation) }, { registration: { ...situation.registration, nextCertificate: waits } })
    await show(Page)
    await until(() => expect(text()).toContain('Waits: the certificate BB22.'))
    expect(text()).toContain('In use: the certificate AA11.')
    expect(find('[data-thumbprint]').dataset['thumbprint']).toBe('BB22')
    await click(button(en.registration.drop))
    await until(() => expect(text()).not.toContain('BB22'))
    expect(asked.some((one) => one.line === 'DELETE /api/setup/certificate')).toBe(true)
    expect(find('[data-thumbprint]').dataset['thumbprint']).toBe('AA11')
  })

  test('a second registration is asked for only where one is wanted, and goes as it came', async () => {
    const second = { ...situation.acting, clientId: '99999999-2222-4333-8444-555555555555', credential: 'secret' as const }
    const found = (code: string, acting = situation.acting) => json({ ...situation, acting, findings: { acting: [{ check: 'acting', state: 'ok', code }] } })
    const asked = at('acting', {
      'PUT /api/setup/acting': (body) => ((body as { clientId: string }).clientId === '' ? found('acting-by-first') : found('acting-ok', second)),
    })
    await show(Page)
    await until(() => expect(text()).toContain(en.acting.lead))
    expect(document.querySelector('[name="clientId"]')).toBeNull()
    await next()
    await until(() => expect(text()).toContain(en.managers.lead))
    await click(button(common.kit.back))
    await until(() => expect(text()).toContain(en.found['acting-by-first']))
    await click(radio('acts', 2))
    await next()
    await until(() => expect(text()).toContain(en.registration.needed))
    expect(text()).toContain('https://rooms.partner.example/consent/acting/callback')
    await type(field('clientId'), second.clientId)
    await click(radio('proof', 2))
    await type(field('secret'), 's3cret')
    await next()
    await until(() => expect(text()).toContain(en.managers.lead))
    expect(asked.filter((one) => one.line === 'PUT /api/setup/acting').map((one) => one.body)).toEqual([{ clientId: '' }, { clientId: second.clientId, secret: 's3cret' }])
  })

  test('what is set elsewhere cannot be changed here, and says where', async () => {
    at('address', {}, { given: { 'public-url': 'environment ROOMWARD_PUBLIC_URL' } })
    await show(Page)
    await until(() => expect(text()).toContain('Set by the environment ROOMWARD_PUBLIC_URL; change it there.'))
    expect((field('publicUrl') as HTMLInputElement).disabled || field('publicUrl').getAttribute('aria-disabled') === 'true' || (field('publicUrl') as HTMLInputElement).readOnly).toBe(true)
  })

  test('the review names what is broken and does not start with it', async () => {
    const asked = at('review', {}, { findings: { registration: [{ check: 'token', state: 'broken', code: 'secret-wrong', number: 7000215, said: 'Invalid client secret provided.' }] } })
    await show(Page)
    await until(() => expect(text()).toContain(en.todo['secret-wrong']))
    expect(text()).toContain('AADSTS7000215')
    await click(button(en.review.start))
    await until(() => expect(text()).toContain('Mend what is broken first: Registration.'))
    expect(asked.some((one) => one.line === 'POST /api/setup/finish')).toBe(false)
  })

  test('the end waits until Roomward answers', async () => {
    let ready = false
    at('review', { 'POST /api/setup/finish': () => json({ publicUrl: situation.publicUrl }), 'GET /readyz': () => new Response('{}', { status: ready ? 200 : 503 }) })
    await show(Page)
    await until(() => button(en.review.start))
    await click(button(en.review.start))
    await until(() => expect(text()).toContain(en.started.text))
    ready = true
    await until(() => expect(button(en.started.open).getAttribute('href')).toBe(situation.publicUrl))
  })
})

describe('the installation', () => {
  const ended: Checkup = {
    running: false,
    startedAt: '2026-11-29T08:00:00Z',
    endedAt: '2026-11-29T08:00:04Z',
    done: 9,
    of: 9,
    findings: [
      { check: 'disk', state: 'ok', code: 'disk-ok', values: { free: '9000 MB' }, at: '2026-11-29T08:00:00Z' },
      { check: 'backup', state: 'warning', code: 'backup-none', at: '2026-11-29T08:00:01Z' },
    ],
  }

  test('begins a check, shows how far it is, and what it found, worst first', async () => {
    let now: Checkup = { running: false, done: 0, of: 0, findings: [] }
    serve({
      'GET /api/installation': () => json(now),
      'POST /api/installation/checks': () => {
        now = { ...ended, running: true, endedAt: undefined, done: 3, findings: ended.findings.slice(0, 1) }
        return json(now, 202)
      },
    })
    await show(Installation)
    await until(() => expect(text()).toContain(en.installation.never))
    await click(button(en.installation.check))
    await until(() => expect(text()).toContain('Checking: 3 of 9 done.'))
    expect((find('progress') as HTMLProgressElement).value).toBe(3)
    now = ended
    await until(() => expect(text()).toContain('1 thing wants a look.'))
    expect([...document.querySelectorAll<HTMLElement>('.findings li')].map((li) => li.dataset['code'])).toEqual(['backup-none', 'disk-ok'])
    expect(text()).toContain(en.todo['backup-none'])
  })

  test('says what is wrong with a setting', async () => {
    serve({ 'GET /api/installation': () => json({ ...ended, findings: [{ check: 'acting', state: 'broken', code: 'settings-wrong', values: { said: 'open none.pem' }, at: ended.startedAt }] }) })
    await show(Installation)
    await until(() => expect(text()).toContain('open none.pem'))
  })

  test('in French', async () => {
    serve({ 'GET /api/installation': () => json(ended) })
    await show(Installation, 'fr')
    await until(() => expect(text()).toContain(fr.found['backup-none']))
    expect(text()).not.toContain(en.found['backup-none'])
  })
})
