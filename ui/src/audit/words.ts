import { useTranslation } from 'react-i18next'
import words from './text.en.json'

/** The operations that can be chosen: the first words, each with all that it has. */
export const subjects = Object.keys(words.about) as readonly (keyof typeof words.about)[]

/** The word of a field in a detail. */
export function useFieldWord(): (field: string) => string {
  const { t } = useTranslation('audit')
  return (field) => (field in words.field ? t(`field.${field}` as 'field.name') : field)
}
