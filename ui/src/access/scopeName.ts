import type { useTranslation } from 'react-i18next'
import type { AssignmentScope } from './queries'

type Words = ReturnType<typeof useTranslation<'access'>>['t']

/** The name of a scope: "All granted rooms", the group's or the room's. */
export function scopeName(scope: AssignmentScope | undefined, t: Words): string {
  if (scope === undefined) return ''
  if (scope.kind === 'all') return t('scope.all')
  return scope.name ?? (scope.kind === 'group' ? t('scope.goneGroup') : t('scope.goneRoom'))
}
