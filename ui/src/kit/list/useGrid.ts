import { useCallback, useLayoutEffect, useRef, useState, type FocusEvent, type KeyboardEvent, type RefObject } from 'react'
import { deedOf, type Active, type Deed } from './keys'

/** The cell with the grid's one tab stop, named by its row's id, so that it survives new data. '' is the head. */
interface Place {
  readonly id: string | undefined
  readonly column: number
}

const head = ''
/** After `g` the next letter goes to a page (the frame listens), not to a command of the row. */
const goWait = 1_500

export interface GridSpec {
  readonly ids: readonly string[]
  readonly at: ReadonlyMap<string, number>
  readonly columns: number
  /** Rows that fit on the screen. */
  readonly page: number
  readonly letters: boolean
  readonly scroller: RefObject<HTMLDivElement | null>
  readonly scrollTo: (index: number) => void
  /** A key that is no movement. The row's index, -1 for the head. Returns whether it was used. */
  readonly act: (deed: Exclude<Deed, { do: 'move' }>, row: number) => boolean
  /** The active row was changed by a key. */
  readonly moved: (row: number, from: number, extend: boolean) => void
  /** The row to begin at: the open one. */
  readonly begin: string | undefined
}

/** The active cell as state, the keyboard, and the focus that follows it (style-ui.md 4.3). */
export function useGrid({ ids, at, columns, page, letters, scroller, scrollTo, act, moved, begin }: GridSpec) {
  const [place, setPlace] = useState<Place>({ id: begin === '' ? undefined : begin, column: -1 })
  const wanted = useRef(false)
  const lastG = useRef(-Infinity)

  const known = place.id === undefined ? undefined : place.id === head ? -1 : at.get(place.id)
  const active: Active = { row: known ?? (ids.length > 0 ? 0 : -1), column: Math.min(place.column, columns - 1) }

  const go = useCallback(
    (to: Active, focus: boolean) => {
      setPlace({ id: to.row < 0 ? head : ids[to.row], column: to.column })
      if (to.row >= 0) scrollTo(to.row)
      wanted.current = focus
    },
    [ids, scrollTo],
  )

  useLayoutEffect(() => {
    if (!wanted.current) return
    const target = scroller.current?.querySelector<HTMLElement>('[data-active="true"]')
    if (!target) return // not mounted yet: the next render has it
    wanted.current = false
    target.focus({ preventScroll: true })
  })

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.defaultPrevented) return
    const onTick = event.target instanceof HTMLInputElement
    if (onTick && (event.key === ' ' || event.key === 'Enter')) return // the tick's own
    const onSort = event.target instanceof HTMLButtonElement
    if (onSort && (event.key === ' ' || event.key === 'Enter')) return
    const sinceG = event.timeStamp - lastG.current
    if (/^[a-z]$/.test(event.key) && sinceG < goWait) {
      lastG.current = -Infinity
      return
    }
    if (event.key === 'g' && !event.ctrlKey && !event.metaKey && !event.altKey) lastG.current = event.timeStamp
    const deed = deedOf(event, active, { rows: ids.length, columns, page }, letters)
    if (!deed) return
    if (deed.do === 'move') {
      event.preventDefault()
      go(deed.to, true)
      if (deed.to.row >= 0 && deed.to.row !== active.row) moved(deed.to.row, active.row, deed.extend)
      return
    }
    if (act(deed, active.row)) event.preventDefault()
  }

  /** Puts the focus back on the active row: a pane or menu was closed. */
  const focusActive = useCallback(() => {
    wanted.current = true
    setPlace((now) => ({ ...now }))
  }, [])

  /** A click or a screen reader put the focus on a row or cell: the tab stop follows it. */
  const onFocus = (event: FocusEvent<HTMLElement>) => {
    const id = event.target.closest<HTMLElement>('[data-row]')?.dataset['row']
    if (id === undefined || at.get(id) === active.row) return
    setPlace({ id, column: -1 })
  }

  return { active, go, onKeyDown, onFocus, focusActive }
}
