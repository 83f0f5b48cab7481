import type { TFunction } from 'i18next'
import type { Format } from '../text/format'
import type { Grant } from './queries'

/** Beyond this many lines a choice is summed up. */
const mostLines = 8

/** Which rooms a grant covers, and which it leaves out, one line each. */
export function grantWords(grant: Grant, format: Format, t: TFunction<'portal'>): { covers: readonly string[]; except: readonly string[] } {
  const few = (lines: readonly string[]) =>
    lines.length <= mostLines ? lines : [...lines.slice(0, mostLines - 1), t('grant.more', { count: lines.length - mostLines + 1 })]
  const except = few((grant.except ?? []).map((rule) => t('grant.except', { place: format.place(rule) })))
  if (grant.all) return { covers: [t('grant.all')], except }
  const covers = [...few((grant.rules ?? []).map((rule) => t('grant.rule', { place: format.place(rule) })))]
  const single = grant.rooms?.length ?? 0
  if (single > 0) covers.push(t('grant.single', { count: single }))
  return { covers, except }
}
