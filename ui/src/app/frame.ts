import { useRouterState } from '@tanstack/react-router'
import { createContext, use } from 'react'
import type { Customer } from '../api/can'
import type { Me } from '../api/me'
import type { PageRoute } from '../kit/address'
import { placeOf } from './nav'

/** What the frame around the pages knows. */
export interface Frame {
  /** The signed-in person, as fresh as the last answer of /api/me. */
  readonly me: Me
  /** The pages of the person's side. */
  readonly pages: readonly PageRoute[]
  /** Whether the person had a role since it opened this page. */
  readonly hadRole: boolean
}

export const FrameContext = createContext<Frame | undefined>(undefined)

/** The person and the pages. Pages themselves use the kit's usePlace. */
export function useFrame(): Frame {
  const frame = use(FrameContext)
  if (!frame) throw new Error('useFrame outside of a session')
  return frame
}

/** The customer and the page that the address names. */
export function useWhere(): { readonly customer: Customer; readonly page: string } {
  const pathname = useRouterState({ select: (state) => state.location.pathname })
  return placeOf(pathname)
}
