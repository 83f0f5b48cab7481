import type { ReactNode } from 'react'
import type { UseQueryResult } from '@tanstack/react-query'
import type { Icon } from '../icons'

/** A tab of the pane; the chosen one stands in the address as `tab`. Its content mounts when chosen. */
export interface DetailsTab {
  readonly value: string
  readonly label: string
  readonly count?: number
  readonly content: () => ReactNode
}

/** A button under the pane's head. The first with `primary` is the filled one; those with `more` go into the "…" menu. */
export interface DetailsCommand {
  readonly id: string
  readonly label: string
  readonly icon?: Icon
  readonly primary?: boolean
  readonly danger?: boolean
  readonly more?: boolean
  readonly disabledReason?: string
  readonly run: () => void
}

/** What a pane says about its item. Loading, errors and "nothing here" come from `query`. */
export interface DetailsPaneProps {
  /** The read that fills the pane; without it the pane shows what it is given. */
  readonly query?: Pick<UseQueryResult<unknown>, 'isPending' | 'error' | 'refetch' | 'data'>
  readonly glyph?: ReactNode
  readonly title: string
  readonly subtitle?: ReactNode
  readonly commands?: readonly DetailsCommand[]
  readonly tabs?: readonly DetailsTab[]
  /** Content without tabs. */
  readonly children?: ReactNode
  /** Sticks to the lower edge: buttons of a form. */
  readonly foot?: ReactNode
}
