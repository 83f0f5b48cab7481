import type { TFunction } from 'i18next'
import type { Format } from '../text/format'
import { byFeature } from './ceiling'
import type { Grant, GrantRule } from './queries'

/** Beyond this many lines a choice is summed up. */
const mostLines = 8

/** A place in words: "Liberty Plaza (New York, United States)", "Lyon, France", "France". */
export function placeWords(rule: GrantRule, format: Format, t: TFunction<'portal'>): string {
  const where = [rule.city, rule.country && format.country(rule.country)].filter((part) => part !== undefined && part !== '').join(', ')
  if (rule.building === undefined || rule.building === '') return where
  return where === '' ? rule.building : t('grant.place', { building: rule.building, where })
}

/** Which rooms a grant covers, and which it leaves out, one line each. */
export function grantWords(grant: Grant, format: Format, t: TFunction<'portal'>): { covers: readonly string[]; except: readonly string[] } {
  const few = (lines: readonly string[]) =>
    lines.length <= mostLines ? lines : [...lines.slice(0, mostLines - 1), t('grant.more', { count: lines.length - mostLines + 1 })]
  const except = few((grant.except ?? []).map((rule) => t('grant.except', { place: placeWords(rule, format, t) })))
  if (grant.all) return { covers: [t('grant.all')], except }
  const covers = [...few((grant.rules ?? []).map((rule) => t('grant.rule', { place: placeWords(rule, format, t) })))]
  const single = grant.rooms?.length ?? 0
  if (single > 0) covers.push(t('grant.single', { count: single }))
  return { covers, except }
}

/** The word of a permission: "View". An unknown one stays as the server said it. */
export function permissionWord(name: string, t: TFunction<'portal'>): string {
  return t(`permission.${name}` as 'permission.rooms.view', { defaultValue: name })
}

/** The word of a kind of thing: "Update rings". */
export function featureWord(feature: string, t: TFunction<'portal'>): string {
  return t(`permission.${feature}.is` as 'permission.rooms.is', { defaultValue: feature })
}

/** Permissions by kind of thing: [["Rooms", "View, modify, act"], …]. */
export function permissionLines(names: readonly string[], format: Format, t: TFunction<'portal'>): readonly (readonly [string, string])[] {
  return byFeature(names).map(({ feature, names: list }) => {
    const words = list.map((name, i) => (i === 0 ? permissionWord(name, t) : lowered(permissionWord(name, t), format)))
    return [featureWord(feature, t), words.join(', ')] as const
  })
}

function lowered(word: string, format: Format): string {
  return word.charAt(0).toLocaleLowerCase(format.language) + word.slice(1)
}
