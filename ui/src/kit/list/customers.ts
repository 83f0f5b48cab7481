import type { Me } from '../../api/me'
import type { Ask, Filter, FilterOption } from './spec'

/** The filter of the customer, for lists over all. One that is chosen stays in sight when other filters leave it no rows. */
export function customerFilter(label: string, customers: readonly FilterOption[], ask: Ask, me: Me): Filter {
  const rest = me.holdings.filter((h) => ask.filters['customer']?.includes(h.customerId) && !customers.some((c) => c.value === h.customerId))
  return {
    id: 'customer',
    label,
    onlyAll: true,
    single: true,
    options: [...customers, ...rest.map((h) => ({ value: h.customerId, label: h.customerName }))],
  }
}
