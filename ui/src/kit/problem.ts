import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../api/client'

/**
 * An error as one sentence in the person's language: by its code, else by the server's own sentence, else by its kind.
 * `undefined` for what the person did themselves (leaving a page).
 */
export function sentenceOf(error: unknown, t: TFunction): string | undefined {
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'CancelledError')) return undefined
  if (!(error instanceof ApiError)) return t('errors.unreachable')
  const known = t(`errors.${error.code}` as 'errors.internal', { defaultValue: '' })
  if (known !== '') return known
  if (error.detail !== '') return [error.detail, error.hint].filter(Boolean).join(' ')
  return error.status >= 500 ? t('errors.internal') : t('errors.refused')
}

/** Turns errors into sentences. */
export function useSentence(): (error: unknown) => string | undefined {
  const { t } = useTranslation()
  return (error) => sentenceOf(error, t)
}

/** Whether the thing is not there, or not this person's to see: the same to the screen. */
export function isAbsent(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404
}
