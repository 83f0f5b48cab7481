import { useTranslation } from 'react-i18next'
import { usePlace } from '../kit/scope'
import type { Tone } from '../kit/status'
import words from './text.en.json'
import type { Entry } from './queries'

/** What was done, in the person's language; what is unknown stays as the server says it. */
export function useDeed(): (entry: Pick<Entry, 'operation' | 'result'>) => string {
  const { t } = useTranslation('audit')
  return ({ operation, result }) => {
    const key = operation.replace('.', '/')
    const what = key in words.did ? t(`did.${key}` as 'did.role/update') : operation
    return result === 'refused' ? t('tried', { what }) : what
  }
}

/** What it was done to: of a room the record keeps no name, and who does not see it reads why there is none. */
export function useObject(): (entry: Pick<Entry, 'object' | 'roomId'>) => string | undefined {
  const { t } = useTranslation('audit')
  const own = usePlace().me.side === 'customer'
  return ({ object, roomId }) => object ?? (roomId === undefined ? undefined : t(own ? 'room.gone' : 'room.unseen'))
}

/** The operations that can be chosen: the first words, each with all that it has. */
export const subjects = Object.keys(words.about) as readonly (keyof typeof words.about)[]

/** The word of a field in a detail. */
export function useFieldWord(): (field: string) => string {
  const { t } = useTranslation('audit')
  return (field) => (field in words.field ? t(`field.${field}` as 'field.name') : field)
}

/** How a result looks: nothing for what was simply done. */
export const resultTones: Partial<Record<string, Tone>> = { waits: 'brand', refused: 'warning', denied: 'warning', failed: 'important' }
