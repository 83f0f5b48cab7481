import type { TFunction } from 'i18next'
import type { Format } from '../text/format'
import type { Answer, Broken, Chain, Check, Scope } from './effective.queries'
import { roleNameOf } from './roleName'

type Words = TFunction<'access'>

/** Stands in a sentence where a name is to be shown in bold. */
export const mark = '\u0001'

/** "update incidents", as in "may update incidents in Boardroom 12". */
export function deedOf(permission: string, t: Words): string {
  return t(`check.do.${permission}` as 'check.do.rooms.view', { defaultValue: permission })
}

/** The first letter as a capital: for a phrase that stands alone. */
export function upper(phrase: string, format: Format): string {
  return phrase.charAt(0).toLocaleUpperCase(format.language) + phrase.slice(1)
}

/** The name of the role of a chain, in the person's language. */
export function roleOf({ builtIn, roleName }: Chain, t: Words): string {
  return roleNameOf({ builtIn, name: roleName }, t)
}

/** Why not, as the end of "may not …, because …". */
function whyNot(answer: Answer, customer: string, t: Words, format: Format): string {
  const [first] = answer.chains
  const room = answer.question.room?.name
  const name = first?.assignmentName ?? ''
  switch (answer.broken) {
    case 'closed':
      return t('check.why.closed', { customer })
    case 'role':
      return t('check.why.role')
    case 'ceiling':
      return t('check.why.ceiling', { customer })
    case 'not-begun':
      return t('check.why.not-begun', { name, date: first?.from ? format.moment(first.from) : '' })
    case 'ended':
      return t('check.why.ended', { name, date: first?.until ? format.date(first.until) : '' })
    case 'scope':
      return room === undefined ? t('check.why.scopeAny') : t('check.why.scope', { room })
    default:
      return t('check.why.no-assignment')
  }
}

interface Headline {
  /** Undefined where the question has no yes or no. */
  readonly yes?: boolean
  readonly text: string
  readonly sub?: string
}

/** The answer as one full sentence (screens.md 1: one question per screen, answered in the first line). */
export function headlineOf(answer: Answer, customer: string, t: Words, format: Format): Headline {
  const { question, rooms, permissions, people } = answer
  const { member, permission = '', room } = question
  const deed = deedOf(permission, t)
  const choose = t(member === undefined ? 'check.choosePerson' : 'check.choosePermission')
  if (member === undefined) {
    const at = { count: people.length, room: room?.name ?? '' }
    if (people.length === 0) return { text: permission === '' ? t('check.reachNone', { room: at.room }) : t('check.mayNone', { room: at.room, deed }) }
    return { text: permission === '' ? t('check.reach', at) : t('check.may', { ...at, deed }), sub: choose }
  }
  const who = member.name
  if (permission === '') {
    const held = permissions.filter((one) => one.allowed).length
    const counts = { who, held: format.number(held), all: format.number(permissions.length) }
    if (room) return { text: held === 0 ? t('check.holdsNone', { who, room: room.name }) : t('check.holds', { ...counts, room: room.name }), sub: choose }
    if (held === 0) return { text: t('check.holdsNothing', { who, customer }), sub: choose }
    return { text: t('check.holdsIn', { ...counts, allowed: format.number(rooms.allowed), count: rooms.all }), sub: choose }
  }
  if (answer.allowed !== true) {
    const why = whyNot(answer, customer, t, format)
    return { yes: false, text: room ? t('check.no', { who, deed, room: room.name, why }) : t('check.noAnywhere', { who, deed, why }) }
  }
  // One assignment may name them twice: themselves, and a group that they are in.
  const ways = new Set(answer.chains.filter((chain) => chain.broken === undefined).map((chain) => chain.assignment ?? chain.role)).size
  const sub = ways > 1 ? t('check.ways', { count: ways }) : undefined
  if (room) return { yes: true, text: t('check.yes', { who, deed, room: room.name }), sub }
  const { allowed, all } = rooms
  return { yes: true, text: allowed === all ? t('check.yesAll', { who, deed, count: all }) : t('check.yesIn', { who, deed, allowed: format.number(allowed), count: all }), sub }
}

/** One link of a chain: a sentence, whose mark stands for `name`, and what else is known of it. */
export interface Link {
  readonly ok: boolean
  readonly text: string
  readonly name: string
  readonly sub?: string
}

/** The links of a chain in the order in which they are looked at, up to the first that breaks. */
export function linksOf(chain: Chain | undefined, answer: Answer, customer: string, t: Words, format: Format): readonly Link[] {
  const { member, permission = '', room } = answer.question
  const who = member?.name ?? ''
  const deed = deedOf(permission, t)
  const named = { name: mark }
  if (answer.broken === 'closed') return [{ ok: false, text: t('check.link.closed', named), name: customer }]
  if (chain === undefined) return [{ ok: false, text: t(`check.link.none-${member?.kind ?? 'user'}`, named), name: who }]
  if (chain.assignment === undefined) return [{ ok: true, text: t('check.link.hidden', named), name: roleOf(chain, t) }]

  const links: Link[] = []
  const { via, scope, broken } = chain
  const byGroup = via !== undefined && member !== undefined && via.id !== member.id
  if (byGroup) links.push({ ok: true, text: t('check.link.group', { ...named, who }), name: via.name, sub: t('check.link.groupSub') })
  const assignment = chain.assignmentName ?? ''
  links.push({ ok: true, text: byGroup ? t('check.link.groupMember', named) : t('check.link.member', { ...named, who }), name: assignment })
  const end = (key: 'role' | 'ceiling' | 'begins' | 'ends' | 'scope', text: string, name: string, sub?: string) => {
    const breaks: Record<typeof key, Broken> = { role: 'role', ceiling: 'ceiling', begins: 'not-begun', ends: 'ended', scope: 'scope' }
    const ok = broken !== breaks[key]
    links.push({ ok, text, name, sub })
    return ok
  }
  if (!end('role', t(broken === 'role' ? 'check.link.roleNot' : 'check.link.role', { ...named, deed }), roleOf(chain, t), permission)) return links
  if (!end('ceiling', t(broken === 'ceiling' ? 'check.link.ceilingNot' : 'check.link.ceiling', { ...named, deed }), customer)) return links
  if (chain.from !== undefined && !end('begins', t(broken === 'not-begun' ? 'check.link.beginsLater' : 'check.link.begun', named), format.moment(chain.from))) return links
  if (chain.until !== undefined && !end('ends', t(broken === 'ended' ? 'check.link.ended' : 'check.link.ends', named), format.moment(chain.until))) return links
  const rooms = scope === undefined ? undefined : t('check.rooms', { count: scope.rooms })
  if (broken === 'scope') end('scope', room ? t('check.link.scopeNot', named) : t('check.link.scopeNone'), room?.name ?? '')
  else if (scope?.kind === 'all') end('scope', t('check.link.all', named), customer, rooms)
  else if (scope?.kind === 'group') end('scope', room ? t('check.link.scopeGroup', { ...named, room: room.name }) : t('check.link.scopeGroupAny', named), scope.name ?? '', rooms)
  else if (scope) end('scope', t('check.link.scopeRoom', named), scope.name ?? '')
  return links
}

/** Why another assignment gives it too, or does not: "Ended 3 Nov 2026." */
export function otherReason(chain: Chain, answer: Answer, t: Words, format: Format): string {
  const room = answer.question.room?.name
  switch (chain.broken) {
    case undefined:
      return chain.until === undefined ? t('check.other.too') : t('check.other.tooUntil', { date: format.date(chain.until) })
    case 'not-begun':
      return t('check.other.not-begun', { date: chain.from ? format.moment(chain.from) : '' })
    case 'ended':
      return t('check.other.ended', { date: chain.until ? format.date(chain.until) : '' })
    case 'scope':
      return room === undefined ? t('check.other.scopeAny') : t('check.other.scope', { room })
    default:
      return t(`check.other.${chain.broken}`)
  }
}

/** Where an assignment holds: "group London". */
export function scopeWords({ scope }: Chain, t: Words): string | undefined {
  if (scope === undefined) return undefined
  if (scope.kind === 'all') return t('check.scope.all')
  return scope.kind === 'group' ? t('check.scope.group', { name: scope.name ?? '' }) : scope.name
}

/** A scope that stands alone: "Group London, 58 rooms". */
export function placeOf({ kind, name = '', rooms }: Scope, t: Words): string {
  if (kind === 'all') return t('check.place.all')
  return kind === 'group' ? t('check.place.group', { name, count: rooms }) : name
}

/** In how many of the rooms a permission is held: "24 of 212"; a plain yes while there is no room. */
export function shareOf({ rooms }: Check, all: number, t: Words, format: Format): string {
  if (all === 0) return t('check.isYes')
  return rooms === all ? t('check.allOf', { count: all }) : t('check.of', { held: format.number(rooms), all: format.number(all) })
}

/** The cell "Because of": the assignment that gives it, or why there is none. */
export function becauseOf({ allowed, because, broken }: Check, t: Words, format: Format): string {
  if (allowed) return because?.assignmentName ?? (because === undefined ? '' : roleOf(because, t))
  switch (broken) {
    case 'not-begun':
      return t('check.short.not-begun', { date: because?.from ? format.dayMonth(because.from) : '' })
    case 'ended':
      return t('check.short.ended', { date: because?.until ? format.dayMonth(because.until) : '' })
    case 'scope':
      return t('check.short.scope', { name: because?.assignmentName ?? '' })
    default:
      return t(`check.short.${broken ?? 'no-assignment'}`)
  }
}

/** What would make it yes, for who can do something about it. */
export function remedyOf(answer: Answer, customer: string, t: Words): string | undefined {
  const [first] = answer.chains
  if (answer.allowed !== false || answer.broken === undefined) return undefined
  const room = answer.question.room?.name
  const name = first?.assignmentName ?? ''
  const deed = deedOf(answer.question.permission ?? '', t)
  const who = answer.question.member?.name ?? ''
  if (answer.broken === 'scope') return room === undefined ? t('check.fix.scopeAny', { name }) : t('check.fix.scope', { name, room })
  return t(`check.fix.${answer.broken}`, { name, role: first === undefined ? '' : roleOf(first, t), deed, who, customer })
}
