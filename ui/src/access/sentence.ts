import type { TFunction } from 'i18next'
import type { Format } from '../text/format'

interface Who {
  readonly kind: string
  /** Of a group, where it is known. */
  readonly size?: number | undefined
}

interface Where {
  readonly kind: string
  readonly name?: string | undefined
  readonly rooms: number
}

/** What an assignment says. */
export interface Said {
  readonly members: readonly Who[]
  /** How many permissions of the role the customer grants. */
  readonly things: number
  readonly scopes: readonly Where[]
  readonly startsAt?: string | undefined
  readonly endsAt?: string | undefined
}

/** An assignment as one sentence: "8 people may do 9 things in 58 rooms of London until 31 Dec 2026." */
export function sentenceOf(said: Said, t: TFunction<'access'>, format: Format): string {
  const who = whoOf(said.members, t, format)
  const things = t('sentence.things', { count: said.things })
  const parts = [
    who.words,
    t('sentence.may', { count: who.count, things }),
    whereOf(said.scopes, t, format),
    said.startsAt === undefined ? '' : t('sentence.from', { when: startOf(said.startsAt, format) }),
    said.endsAt === undefined ? '' : t('sentence.until', { when: endOf(said.endsAt, format) }),
  ]
  return `${parts.filter((part) => part !== '').join(' ')}.`
}

function whoOf(members: readonly Who[], t: TFunction<'access'>, format: Format): { count: number; words: string } {
  const users = members.filter((member) => member.kind !== 'group').length
  const groups = members.filter((member) => member.kind === 'group')
  if (groups.every((group) => group.size !== undefined)) {
    const count = users + groups.reduce((sum, group) => sum + (group.size ?? 0), 0)
    return { count, words: t('sentence.people', { count }) }
  }
  const words = [users > 0 && t('sentence.people', { count: users }), t('sentence.groups', { count: groups.length })]
  return { count: members.length, words: format.list(words.filter((word) => word !== false)) }
}

/** Where an assignment holds: rooms of several groups may be the same, so their sum is "up to". */
export function whereOf(scopes: readonly Where[], t: TFunction<'access'>, format: Format): string {
  const all = scopes.find((scope) => scope.kind === 'all')
  if (all) return t('sentence.all', { count: all.rooms })
  const groups = scopes.filter((scope) => scope.kind === 'group')
  const single = scopes.filter((scope) => scope.kind === 'room')
  const [group, room] = [groups[0], single[0]]
  if (group && groups.length === 1 && single.length === 0) {
    return group.name === undefined ? t('sentence.gone') : t('sentence.group', { count: group.rooms, name: group.name })
  }
  if (room && single.length === 1 && groups.length === 0) return t('sentence.room', { name: room.name ?? t('scope.goneRoom') })
  if (groups.length === 0) return t('sentence.rooms', { count: single.length })
  const names = groups.map((one) => one.name ?? t('scope.goneGroup'))
  const list = single.length === 0 ? names : [...names, t('sentence.single', { count: single.length })]
  return t('sentence.several', { count: scopes.reduce((sum, scope) => sum + scope.rooms, 0), names: format.list(list) })
}

/** The end in words: a day where it holds until its last minute, else the moment. */
export function endOf(at: string, format: Format): string {
  const end = new Date(at)
  return end.getHours() === 23 && end.getMinutes() === 59 ? format.date(end) : format.moment(end)
}

/** The start in words: a day where it begins with it, else the moment. */
export function startOf(at: string, format: Format): string {
  const start = new Date(at)
  return start.getHours() === 0 && start.getMinutes() === 0 ? format.date(start) : format.moment(start)
}
