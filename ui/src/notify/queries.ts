import { useQueryClient } from '@tanstack/react-query'
import { api, unwrap } from '../api/client'
import { refresh } from '../api/query'
import type { components } from '../api/schema'
import { noticesFeature } from '../kit/notices'
import { usePlace } from '../kit/scope'

export type Notices = components['schemas']['Notices']
export type Notice = components['schemas']['Notice']

/** Marks everything up to a notice as read. One that has gone meanwhile is no matter: the next look tells. */
export function useMarkRead(): (upTo: string) => void {
  const { session, me } = usePlace()
  const client = useQueryClient()
  return (upTo) => {
    const body = { upTo }
    const marked = unwrap(me.side === 'customer' ? api.POST('/api/partnership/notices/read', { body }) : api.POST('/api/notices/read', { body }))
    void marked.catch(() => undefined).then(() => refresh(client, session, noticesFeature))
  }
}
