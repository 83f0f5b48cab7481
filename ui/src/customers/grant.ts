import type { TFunction } from 'i18next'
import type { Format } from '../text/format'
import type { Grant } from './queries'

/** Which rooms a grant covers, and which it leaves out, one sentence each. */
export function wordsOf(grant: Grant, format: Format, t: TFunction<'customers'>): { covers: readonly string[]; except: readonly string[] } {
  const except = (grant.except ?? []).map((rule) => t('grant.except', { place: format.place(rule) }))
  if (grant.all) return { covers: [t('grant.all')], except }
  const covers = (grant.rules ?? []).map((rule) => t('grant.rule', { place: format.place(rule) }))
  const single = grant.rooms?.length ?? 0
  if (single > 0) covers.push(t('grant.single', { count: single }))
  // Before acceptance the partner learns how many rooms were chosen one by one, not which.
  if (covers.length === 0) covers.push(t('grant.chosen'))
  return { covers, except }
}
