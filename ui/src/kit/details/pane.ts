import { createContext, use } from 'react'

/** What the list around a pane does for it. */
export interface Pane {
  readonly close: () => void
  readonly previous?: (() => void) | undefined
  readonly next?: (() => void) | undefined
  readonly width: 480 | 520
  /** Opened by a key: the focus goes into the pane. By the mouse it stays where it is (screens.md 3). */
  readonly takesFocus: boolean
}

/** Given by ListPage to what it shows beside its rows. */
export const PaneContext = createContext<Pane | undefined>(undefined)

/** The list around this pane; undefined where a details component stands on a page of its own. */
export function usePane(): Pane | undefined {
  return use(PaneContext)
}
