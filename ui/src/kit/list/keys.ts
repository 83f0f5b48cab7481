/** Where the grid's one tab stop is: row -1 is the head, column -1 the whole row. */
export interface Active {
  readonly row: number
  readonly column: number
}

export interface Extent {
  readonly rows: number
  readonly columns: number
  /** Rows that fit on the screen, for the Page keys. */
  readonly page: number
}

/** What a key asks of the grid. */
export type Deed =
  | { readonly do: 'move'; readonly to: Active; readonly extend: boolean }
  | { readonly do: 'open' | 'select' | 'selectAll' | 'escape' | 'menu' }
  | { readonly do: 'shortcut'; readonly letter: string }

export interface Press {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly shiftKey: boolean
  readonly altKey: boolean
}

const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value))

/**
 * The grid's keyboard, as a table without a DOM: rows may not be mounted, so the active cell is state and keys change
 * it (screens.md 3). `letters` says whether single letters may act (WCAG 2.1.4).
 */
export function deedOf(press: Press, at: Active, extent: Extent, letters: boolean): Deed | undefined {
  const command = press.ctrlKey || press.metaKey
  if (press.altKey) return undefined
  const move = (row: number, column = at.column): Deed => ({
    do: 'move',
    to: { row: clamp(row, -1, extent.rows - 1), column: clamp(column, row < 0 ? 0 : -1, extent.columns - 1) },
    extend: press.shiftKey,
  })
  const last = extent.rows - 1
  const first = Math.min(0, last)

  switch (press.key) {
    case 'ArrowDown':
      return move(at.row + 1, at.row < 0 ? -1 : at.column)
    case 'ArrowUp':
      return move(at.row - 1)
    case 'ArrowRight':
      return move(at.row, at.column + 1)
    case 'ArrowLeft':
      return move(at.row, at.column - 1)
    case 'PageDown':
      return move(Math.min(at.row + extent.page, last))
    case 'PageUp':
      return move(Math.max(at.row - extent.page, first))
    case 'Home':
      return command || at.column < 0 ? move(first) : move(at.row, 0)
    case 'End':
      return command || at.column < 0 ? move(last) : move(at.row, extent.columns - 1)
    case 'Enter':
      return { do: 'open' }
    case ' ':
      return { do: 'select' }
    case 'Escape':
      return { do: 'escape' }
    case 'ContextMenu':
      return { do: 'menu' }
    case 'F10':
      return press.shiftKey ? { do: 'menu' } : undefined
  }
  if (command) return press.key.toLowerCase() === 'a' ? { do: 'selectAll' } : undefined
  if (!letters) return undefined
  if (press.key === 'j') return move(at.row + 1, at.row < 0 ? -1 : at.column)
  if (press.key === 'k') return move(Math.max(at.row - 1, first))
  if (press.key === 'x') return { do: 'select' }
  return press.key.length === 1 && /[a-z]/.test(press.key) ? { do: 'shortcut', letter: press.key } : undefined
}
