import { useQuery } from '@tanstack/react-query'
import { seesInvitations } from '../api/can'
import { api, unwrap } from '../api/client'
import type { Me } from '../api/me'
import { one } from '../api/query'
import type { components } from '../api/schema'
import { usePlace } from './scope'

/** The word of the notices in the keys of the cache: refreshing it refreshes what waits, too. */
export const noticesFeature = 'notify'

/** Gently: a notice is nothing that burns. The tab also asks when somebody comes back to it. */
const every = 60_000

/** Who can be told something. */
export function isTold(me: Me): boolean {
  return me.side === 'customer' ? me.powers.customerAdmin : me.holdings.length > 0 || seesInvitations(me)
}

/** The newest notices of the person and what waits, of all customers: whichever the page shows. Bell and navigation share the answer. */
export function useNotices() {
  const { session, me } = usePlace()
  const own = me.side === 'customer'
  return useQuery({
    ...one({
      scope: { session, customer: 'all' },
      feature: noticesFeature,
      operation: 'list',
      every,
      read: (signal) => unwrap<components['schemas']['Notices']>(own ? api.GET('/api/partnership/notices', { signal }) : api.GET('/api/notices', { signal })),
    }),
    enabled: isTold(me),
  })
}
