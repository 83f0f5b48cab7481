import { useQuery, useQueryClient } from '@tanstack/react-query'
import { api, unwrap } from '../api/client'
import { one, refresh } from '../api/query'
import type { components } from '../api/schema'
import { usePlace } from '../kit/scope'

export type Notices = components['schemas']['Notices']
export type Notice = components['schemas']['Notice']

const feature = 'notify'

/** Gently: a notice is nothing that burns. The tab also asks when somebody comes back to it. */
const every = 60_000

/** The newest notices of the person, of all customers: whichever the page shows. */
export function useNotices() {
  const { session, me } = usePlace()
  const own = me.side === 'customer'
  return useQuery(
    one({
      scope: { session, customer: 'all' },
      feature,
      operation: 'list',
      every,
      read: (signal) => unwrap<Notices>(own ? api.GET('/api/partnership/notices', { signal }) : api.GET('/api/notices', { signal })),
    }),
  )
}

/** Marks everything up to a notice as read. One that has gone meanwhile is no matter: the next look tells. */
export function useMarkRead(): (upTo: string) => void {
  const { session, me } = usePlace()
  const client = useQueryClient()
  return (upTo) => {
    const body = { upTo }
    const marked = unwrap(me.side === 'customer' ? api.POST('/api/partnership/notices/read', { body }) : api.POST('/api/notices/read', { body }))
    void marked.catch(() => undefined).then(() => refresh(client, session, feature))
  }
}
