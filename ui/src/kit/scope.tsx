import { createContext, use, type ReactNode } from 'react'
import type { Customer } from '../api/can'
import type { Me } from '../api/me'
import type { Scope } from '../api/query'

/** Where the person is: who, and which customer the address names. */
export interface Place extends Scope {
  readonly me: Me
  /** The customer's name, or undefined under "All customers". */
  readonly customerName: string | undefined
}

const PlaceContext = createContext<Place | undefined>(undefined)

/** Gives the pages below their person and customer. */
export function PlaceProvider({ me, customer, children }: { me: Me; customer: Customer; children: ReactNode }) {
  const customerName = me.holdings.find((h) => h.customerId === customer)?.customerName
  return <PlaceContext value={{ me, session: me.session, customer, customerName }}>{children}</PlaceContext>
}

const SwitchContext = createContext<() => void>(() => undefined)

/** Gives the pages below the way to open the customer switch of the frame. */
export const SwitchProvider = SwitchContext

/** Opens the customer switch: for pages that show one customer. */
export function useOpenSwitch(): () => void {
  return use(SwitchContext)
}

/** The person and the customer of the address. It is also the Scope that queries take. */
export function usePlace(): Place {
  const place = use(PlaceContext)
  if (!place) throw new Error('usePlace outside of the shell')
  return place
}
