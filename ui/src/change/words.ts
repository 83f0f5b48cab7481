import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'

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
