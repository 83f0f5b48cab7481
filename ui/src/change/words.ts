import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import type { Request } from './queries'

/** "Change the role Desk": what a request is about, in the person's language. */
export function useDeed(): (request: Pick<Request, 'operation' | 'object'>) => string {
  const { t } = useTranslation('change')
  return useCallback(
    ({ operation, object }) => t(`deed.${operation}` as 'deed.role.update', { object, defaultValue: `${operation} ${object}` }),
    [t],
  )
}

/** Why an approved request could not be done, in a sentence. */
export function useFailureWords(): (code: string) => string {
  const { t } = useTranslation(['change', 'common'])
  return useCallback(
    (code) => {
      const own = t(`change:failure.${code}` as 'change:failure.internal', { defaultValue: '' })
      if (own !== '') return own
      return t(`common:errors.${code}` as 'common:errors.internal', { defaultValue: t('change:failure.internal') })
    },
    [t],
  )
}
