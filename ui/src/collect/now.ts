import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Me } from '../api/me'
import { refresh } from '../api/query'
import { useSentence } from '../kit/problem'
import { usePlace } from '../kit/scope'
import { useToast } from '../kit/toast'
import { collectNow } from './queries'

interface Named {
  readonly id: string
  readonly name: string
}

/** Whether the person may ask for a collection there: whoever sees rooms, and, where consent was withdrawn, whoever has to do with it. */
export function mayCollect(me: Me, customer: string): boolean {
  return me.holdings.some((h) => h.customerId === customer && (h.state !== 'active' || h.permissions.includes('rooms.view')))
}

/** Asks for the collection of customers, one after the other, and says for each what did not work. */
export function useCollectNow(): (customers: readonly Named[]) => Promise<void> {
  const { t } = useTranslation('collect')
  const client = useQueryClient()
  const { session } = usePlace()
  const toast = useToast()
  const sentence = useSentence()
  return async (customers) => {
    const done: Named[] = []
    for (const customer of customers) {
      try {
        await collectNow(customer.id)
        done.push(customer)
      } catch (error) {
        const reason = sentence(error)
        if (reason !== undefined) toast(t('notAsked', { name: customer.name, reason }), { tone: 'critical' })
      }
    }
    void refresh(client, session, 'collect', 'customers')
    if (done.length > 0) toast(t('asked', { count: done.length, name: done[0]?.name ?? '' }))
  }
}
