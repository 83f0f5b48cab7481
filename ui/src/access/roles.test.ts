import { beforeAll, describe, expect, test } from 'vitest'
import { ApiError } from '../api/client'
import { withTick } from '../kit/permission'
import { Format, languages, type Language } from '../text/format'
import { startTexts } from '../text/i18n'
import { countChanges, rebased, type Settable } from './draft'
import { bodyOf, endsAt, entriesOf, rebasedEntries, wrongIn, type Entries } from './entries'
import { columnOf, difference, lockOf, matrixOf, nextIn } from './matrix'
import type { Assignment } from './queries'
import { refusedBy } from './Refused'
import { sentenceOf, type Said } from './sentence'
import en from './text.en.json'
import fr from './text.fr.json'

const catalogue = [
  ...['view', 'modify', 'act', 'create', 'resetKey', 'downloadKey', 'unenroll'].map((verb) => `rooms.${verb}`),
  ...['groups.view', 'groups.create', 'groups.modify', 'reports.view'],
  ...['tickets.view', 'tickets.update', 'tickets.create', 'roles.view', 'roles.modify'],
]
const rows = matrixOf(catalogue)

describe('the matrix', () => {
  test('a row per kind of thing; recording an issue makes no thing of the kind', () => {
    expect(rows.map((row) => row.feature)).toEqual(['rooms', 'groups', 'reports', 'tickets', 'roles'])
    expect(rows[0]?.cells).toEqual({
      view: ['rooms.view'],
      create: ['rooms.create'],
      change: ['rooms.modify'],
      more: ['rooms.act', 'rooms.resetKey', 'rooms.downloadKey', 'rooms.unenroll'],
    })
    expect(rows[3]?.cells).toEqual({ view: ['tickets.view'], create: [], change: ['tickets.update'], more: ['tickets.create'] })
    expect(catalogue.every((name) => rows.some((row) => row.cells[columnOf(name)].includes(name)))).toBe(true)
  })

  test.each<[string, string, string | undefined]>([
    ['rooms.view', 'ArrowRight', 'rooms.create'],
    ['rooms.act', 'ArrowRight', 'rooms.resetKey'],
    ['rooms.unenroll', 'ArrowRight', undefined],
    ['rooms.view', 'ArrowLeft', undefined],
    ['rooms.modify', 'ArrowDown', 'groups.modify'],
    ['rooms.unenroll', 'ArrowDown', 'groups.modify'],
    ['groups.modify', 'ArrowDown', 'reports.view'],
    ['tickets.create', 'ArrowUp', 'reports.view'],
    ['rooms.view', 'ArrowUp', undefined],
    ['roles.modify', 'ArrowDown', undefined],
    ['rooms.modify', 'Home', 'rooms.view'],
    ['rooms.view', 'End', 'rooms.unenroll'],
    ['rooms.view', 'x', undefined],
    ['nothing', 'ArrowDown', undefined],
  ])('from %s, %s leads to %s', (from, key, to) => {
    expect(nextIn(rows, from, key)).toBe(to)
  })

  const limits = { ceiling: ['rooms.view', 'rooms.act', 'roles.modify'], grantable: ['rooms.view', 'rooms.act'] }
  test.each<[string, string[], ReturnType<typeof lockOf>]>([
    ['rooms.act', [], undefined],
    ['rooms.modify', [], 'ceiling'],
    ['roles.modify', [], 'own'],
    // What the role has already may stay or go.
    ['rooms.modify', ['rooms.modify'], undefined],
    ['roles.modify', ['roles.modify'], undefined],
  ])('%s of a role with %j is locked by %s', (name, has, lock) => {
    expect(lockOf(name, has, limits)).toBe(lock)
  })

  test('a change brings its view, unless that may not be given; without the view nothing of the kind stays', () => {
    expect(withTick([], 'rooms.act', true, catalogue)).toEqual(['rooms.view', 'rooms.act'])
    expect(withTick([], 'tickets.create', true, catalogue)).toEqual(['tickets.view', 'tickets.create'])
    expect(withTick([], 'rooms.act', true, catalogue, (name) => name !== 'rooms.view')).toEqual(['rooms.act'])
    expect(withTick(['rooms.view', 'rooms.act', 'tickets.view'], 'rooms.view', false, catalogue)).toEqual(['tickets.view'])
    expect(withTick(['rooms.view', 'rooms.act'], 'rooms.act', false, catalogue)).toEqual(['rooms.view'])
  })

  test('what becomes more and less', () => {
    expect(difference(['rooms.view', 'rooms.act'], ['rooms.view', 'tickets.view'])).toEqual({ added: ['tickets.view'], removed: ['rooms.act'] })
  })
})

describe('a draft', () => {
  const base: Settable = { name: 'Desk', description: '', permissions: ['rooms.view', 'tickets.view'] }

  test('counts what differs', () => {
    expect(countChanges(base, base)).toBe(0)
    expect(countChanges(base, { name: 'Help', description: 'x', permissions: ['rooms.view', 'rooms.act'] })).toBe(4)
  })

  test('is made again on what somebody else saved: mine win where I changed something, theirs stay where I did not', () => {
    const mine = { ...base, name: 'Help', permissions: ['tickets.view', 'rooms.act'] }
    const latest = { name: 'Theirs', description: 'theirs', permissions: ['rooms.view', 'tickets.view', 'reports.view', 'rooms.act'] }
    expect(rebased(base, mine, latest)).toEqual({ name: 'Help', description: 'theirs', permissions: ['tickets.view', 'reports.view', 'rooms.act'] })
  })
})

const now = Date.parse('2026-11-23T10:00:00Z')
const day = 86_400_000
const assignment: Assignment = {
  id: 'a',
  role: 'r',
  roleName: 'Desk',
  builtIn: false,
  name: 'Night cover',
  description: '',
  mail: true,
  members: [{ kind: 'user', id: 'u', name: 'Ada' }],
  scopes: [{ kind: 'group', id: 'g', name: 'London', rooms: 48 }],
  endsAt: '2026-11-28T20:13:05.260Z',
  state: 'active',
  version: 3,
  changedAt: '2026-11-01T00:00:00Z',
  changedBy: 'Samuel',
  editable: true,
}

describe('entries of an assignment', () => {
  const empty = entriesOf(undefined, true)
  const full: Entries = { ...empty, name: ' Tier 1 ', members: [{ id: 'u', kind: 'user', name: 'Ada' }] }

  test('what is missing is said where it stands', () => {
    expect(wrongIn(empty, undefined, now)).toEqual({ name: 'nameNeeded', members: 'memberNeeded' })
    expect(wrongIn(entriesOf(undefined, false), undefined, now)).toMatchObject({ scopes: 'scopeNeeded' })
    expect(wrongIn(full, undefined, now)).toEqual({})
  })

  test.each<[string, Partial<Entries>, object]>([
    ['a day is needed', { end: 'date' }, { endDate: 'dateNeeded' }],
    ['a start day is needed', { start: 'date' }, { startDate: 'dateNeeded' }],
    ['an end that is over', { end: 'date', endDate: '2026-11-22' }, { endDate: 'endPast' }],
    ['an end before the start', { start: 'date', startDate: '2026-12-24', end: 'date', endDate: '2026-12-23' }, { endDate: 'endBeforeStart' }],
    ['a single day', { start: 'date', startDate: '2026-12-24', end: 'date', endDate: '2026-12-24' }, {}],
  ])('%s', (_, part, wrong) => {
    expect(wrongIn({ ...full, ...part }, undefined, now)).toEqual(wrong)
  })

  test('a day and a week count from the start, a date counts whole', () => {
    expect(endsAt({ ...full, end: 'day' }, undefined, now)).toBe(new Date(now + day).toISOString())
    const later = { ...full, start: 'date', startDate: '2026-12-24', end: 'week' } as const
    expect(endsAt(later, undefined, now)).toBe(new Date(new Date('2026-12-24T00:00:00').getTime() + 7 * day).toISOString())
    const end = new Date(endsAt({ ...full, end: 'date', endDate: '2026-12-31' }, undefined, now) ?? '')
    expect([end.getDate(), end.getHours(), end.getMinutes()]).toEqual([31, 23, 59])
  })

  test('the request', () => {
    expect(bodyOf(full, undefined, now)).toEqual({
      name: 'Tier 1',
      description: '',
      mail: false,
      members: [{ kind: 'user', id: 'u' }],
      scopes: [{ kind: 'all' }],
    })
    // What is not touched goes back as it came, to the millisecond.
    expect(bodyOf(entriesOf(assignment, true), assignment, now)).toEqual({
      name: 'Night cover',
      description: '',
      mail: true,
      members: [{ kind: 'user', id: 'u' }],
      scopes: [{ kind: 'group', id: 'g' }],
      endsAt: assignment.endsAt,
    })
  })

  test('mine on theirs', () => {
    const base = entriesOf(assignment, true)
    const latest = entriesOf({ ...assignment, name: 'Theirs', mail: false }, true)
    expect(rebasedEntries(base, { ...base, name: 'Mine' }, latest)).toEqual({ ...base, name: 'Mine', mail: false })
  })
})

describe.each(languages)('the sentence in %s', (language) => {
  const words: Record<Language, object> = { en, fr }
  const format = new Format(language, language === 'en' ? 'en-GB' : 'fr-FR')
  let says: (said: Partial<Said>) => string
  beforeAll(async () => {
    const texts = await startTexts(language, { access: words[language] })
    const t = texts.getFixedT(language, 'access')
    const some: Said = { members: [{ kind: 'user' }], things: 9, scopes: [{ kind: 'all', rooms: 212 }] }
    says = (said) => sentenceOf({ ...some, ...said }, t, format)
  })

  const end = new Date('2026-12-31T23:59:59').toISOString()
  const start = new Date('2026-12-01T00:00:00').toISOString()
  const london = { kind: 'group', name: 'London', rooms: 58 }
  const paris = { kind: 'group', name: 'Paris', rooms: 12 }
  const room = { kind: 'room', name: 'Boardroom 12', rooms: 1 }
  const group = (size?: number) => ({ kind: 'group', size })
  test.each<[string, Partial<Said>, string, string]>([
    [
      'as the design says it',
      { members: [group(7), { kind: 'user' }], scopes: [london], endsAt: end },
      '8 people may do 9 things in 58 rooms of London until 31 Dec 2026.',
      '8 personnes peuvent faire 9 choses dans 58 salles du groupe London jusqu’au 31 déc. 2026.',
    ],
    [
      'one person, one thing, one room, later',
      { things: 1, scopes: [room], startsAt: start },
      '1 person may do 1 thing in Boardroom 12 from 1 Dec 2026.',
      '1 personne peut faire 1 chose dans Boardroom 12 à partir du 1 déc. 2026.',
    ],
    [
      'a group of which nobody knows the size',
      { members: [group(), { kind: 'user' }] },
      '1 person and 1 group may do 9 things in all 212 granted rooms and those that come later.',
      '1 personne et 1 groupe peuvent faire 9 choses dans les 212 salles accordées et celles à venir.',
    ],
    [
      'rooms of several groups may be the same',
      { scopes: [london, paris, room] },
      '1 person may do 9 things in up to 71 rooms of London, Paris and 1 single room.',
      '1 personne peut faire 9 choses dans 71 salles au plus (London, Paris et 1 salle seule).',
    ],
    [
      'a group that is gone',
      { scopes: [{ kind: 'group', rooms: 0 }] },
      '1 person may do 9 things in a group that is gone.',
      '1 personne peut faire 9 choses dans un groupe disparu.',
    ],
  ])('%s', (_, said, english, french) => {
    expect(says(said)).toBe(language === 'en' ? english : french)
  })
})

test('the permissions that a refusal is about, and none of an invalid field', () => {
  const errors = [
    { location: 'body.permissions', message: 'rooms.act' },
    { location: 'body.scopes', message: 'group:1' },
  ]
  expect(refusedBy(new ApiError(403, { code: 'may-not-grant', errors }))).toEqual(['rooms.act'])
  expect(refusedBy(new ApiError(422, { code: 'invalid', errors }))).toEqual([])
  expect(refusedBy(new Error('down'))).toEqual([])
})

test('every permission has its words', () => {
  for (const words of [en, fr]) {
    const gives = words.gives as Record<string, Record<string, string>>
    expect(catalogue.filter((name) => !gives[name.split('.')[0] ?? '']?.[name.split('.')[1] ?? ''])).toEqual([])
  }
})
