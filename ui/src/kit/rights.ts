import { can, type Customer } from '../api/can'
import type { Me } from '../api/me'
import { usePlace } from './scope'

/** Whether the person holds a permission: for the customer given, else for the one of the address. Comfort, not protection. */
export function useCan(): (permission: string, customer?: Customer) => boolean {
  const { me, customer: here } = usePlace()
  return (permission, customer = here) => can(me, permission, customer)
}

/** Who is signed in. */
export function useMe(): Me {
  return usePlace().me
}
