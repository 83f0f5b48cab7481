import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import type { components } from '../api/schema'
import { usePlace } from './scope'

type Request = components['schemas']['Request']
type Entry = components['schemas']['RecordEntry']

/** "Change the role Desk": what a change request is about, in the person's language. */
export function useDeed(): (request: Pick<Request, 'operation' | 'object'>) => string {
  const { t } = useTranslation('change')
  return useCallback(({ operation, object }) => t(`deed.${operation}` as 'deed.role.update', { object, defaultValue: `${operation} ${object}` }), [t])
}

/** What an entry of the record says was done; what is unknown stays as the server says it. Of what was refused, that it was tried. */
export function useEntryDeed(): (entry: Pick<Entry, 'operation' | 'result'>) => string {
  const { t } = useTranslation('audit')
  return useCallback(
    ({ operation, result }) => {
      const what = t(`did.${operation.replace('.', '/')}` as 'did.role/update', { defaultValue: operation })
      return result === 'refused' ? t('tried', { what }) : what
    },
    [t],
  )
}

/** Who did it. Of a relation that has ended no names are left: its people are former ones, and their ids stand in the details. */
export function useEntryActor(): (entry: Pick<Entry, 'actorName' | 'side'>) => string {
  const { t } = useTranslation('audit')
  return useCallback(({ actorName, side }) => actorName ?? (side === 'system' ? t('side.system') : t(`former.${side}`)), [t])
}

/** What it was done to: of a room the record keeps no name, and who does not see it reads why there is none. */
export function useEntryObject(): (entry: Pick<Entry, 'object' | 'roomId'>) => string | undefined {
  const { t } = useTranslation('audit')
  const own = usePlace().me.side === 'customer'
  return useCallback(({ object, roomId }) => object ?? (roomId === undefined ? undefined : t(own ? 'room.gone' : 'room.unseen')), [t, own])
}
