import { createContext, use } from 'react'

/** What the list around a pane does for it. */
export interface Pane {
  readonly close: () => void
  readonly previous?: (() => void) | undefined
  readonly next?: (() => void) | undefined
  readonly width: 480 | 520
  /** Opened by a key: the focus goes into the pane. By the mouse it stays where it is (screens.md 3). */
  readonly takesFocus: boolean
  /** The button of the former pane that led here: this pane's own takes the focus, or it would be lost with that button. */
  readonly steppedBy?: 'previous' | 'next' | undefined
}

/** Given by ListPage to what it shows beside its rows. */
export const PaneContext = createContext<Pane | undefined>(undefined)

/** The list around this pane; undefined where a details component stands on a page of its own. */
export function usePane(): Pane | undefined {
  return use(PaneContext)
}
