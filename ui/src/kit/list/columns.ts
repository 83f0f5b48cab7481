import type { Column } from './spec'

/** Pixels of the tick column. */
export const tickWidth = 44

/**
 * The columns that fit: those that the person hid and those of another customer scope go first, then by hide order until
 * what remains fits (screens.md 3). A column without hide order always stays.
 */
export function columnsThatFit<Row>(
  columns: readonly Column<Row>[],
  room: number,
  options: { all: boolean; hidden: ReadonlySet<string>; ticks: boolean },
): Column<Row>[] {
  let shown = columns.filter((c) => !options.hidden.has(c.id) && (options.all || c.onlyAll !== true))
  if (room <= 0) return shown
  const need = () => shown.reduce((sum, c) => sum + widthOf(c), options.ticks ? tickWidth : 24)
  const order = shown.filter((c) => c.hide !== undefined).sort((a, b) => (a.hide ?? 0) - (b.hide ?? 0))
  for (const next of order) {
    if (need() <= room) break
    shown = shown.filter((c) => c !== next)
  }
  // Narrower than any of that (400 % zoom): the flexible column and one more.
  if (need() > room && room < 480) {
    const main = shown.filter((c) => c.flex !== undefined)
    const rest = shown.filter((c) => c.flex === undefined)
    const last = rest.find((c) => c.last === true) ?? rest[0]
    shown = shown.filter((c) => main.includes(c) || c === last)
  }
  return shown
}

/** The least width of a column in pixels. */
export function widthOf(column: Column<never> | Column<unknown> | { width?: number; flex?: number }): number {
  return column.width ?? column.flex ?? 120
}

/** The columns as a CSS grid template. */
export function templateOf(columns: readonly { width?: number; flex?: number }[], ticks: boolean): string {
  const flexible = columns.some((c) => c.width === undefined)
  const tracks = columns.map((c, i) => {
    if (c.width === undefined) return `minmax(${c.flex ?? 120}px, 1fr)`
    return !flexible && i === columns.length - 1 ? `minmax(${c.width}px, 1fr)` : `${c.width}px`
  })
  return [...(ticks ? [`${tickWidth}px`] : []), ...tracks].join(' ')
}

/** The sort of the address as column and direction. */
export function sortOf(sort: string): { by: string; descending: boolean } {
  return sort.startsWith('-') ? { by: sort.slice(1), descending: true } : { by: sort, descending: false }
}

/** The sort after a click on a column's head. */
export function nextSort(column: { sort?: string; descending?: boolean }, sort: string): string {
  const word = column.sort ?? ''
  const now = sortOf(sort)
  if (now.by !== word) return column.descending ? `-${word}` : word
  return now.descending ? word : `-${word}`
}
