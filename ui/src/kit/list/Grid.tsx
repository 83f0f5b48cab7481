import { useCallback, useEffect, useLayoutEffect, useRef, useState, type MouseEvent } from 'react'
import { defaultRangeExtractor, useVirtualizer, type Range } from '@tanstack/react-virtual'
import { useKept } from '../kept'
import { columnsThatFit, templateOf } from './columns'
import { GridHead } from './GridHead'
import { GridRow } from './GridRow'
import { useWidth } from './size'
import type { Deed } from './keys'
import type { Selection } from './selection'
import type { Column, ListSpec } from './spec'
import { useGrid } from './useGrid'

const interactive = 'a, button, input, select, textarea, label'
/** Rows before the end at which the next page is fetched. */
const ahead = 30
const headHeight = 32

export interface GridProps<Row> {
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly hidden: ReadonlySet<string>
  readonly all: boolean
  readonly rows: readonly Row[]
  readonly ids: readonly string[]
  readonly at: ReadonlyMap<string, number>
  readonly describe: ListSpec<Row>['row']
  readonly quiet: ((row: Row) => boolean) | undefined
  readonly under?: ((row: Row) => string) | undefined
  readonly roomy: boolean
  /** All rows there are, or undefined while the server has more and did not say. */
  readonly total: number | undefined
  readonly sort: string
  readonly onSort: (sort: string) => void
  readonly selection: Selection | undefined
  readonly open: string
  readonly opens: boolean
  /** `byKey`: the focus goes into the pane. */
  readonly onOpen: (id: string, byKey: boolean) => void
  readonly onEscape: () => boolean
  readonly onMenu: ((index: number, x: number, y: number) => void) | undefined
  readonly onLetter: (letter: string, index: number) => boolean
  readonly more: (() => void) | undefined
  readonly busy: boolean
  /** Another question: the rows start at the top again. */
  readonly question: string
  /** Filled with a way to put the focus back on the active row. */
  readonly focusBack: { current: () => void }
}

/** The rows: virtual, one tab stop, keys of screens.md 3. */
export function Grid<Row>(props: GridProps<Row>) {
  const { columns, rows, ids, at, describe, selection, open, onOpen, onMenu, more, question, focusBack } = props
  const scroller = useRef<HTMLDivElement>(null)
  const [letters] = useKept('letterKeys')
  const width = useWidth(scroller)
  const height = useRowHeight(props.roomy)
  const ticks = selection !== undefined
  const shown = columnsThatFit(columns, width, { all: props.all, hidden: props.hidden, ticks })

  const scrollTo = useRef<(index: number) => void>(() => undefined)
  const page = Math.max(1, Math.floor(((scroller.current?.clientHeight ?? 600) - headHeight) / height) - 1)
  const { active, go, onKeyDown, onFocus, focusActive } = useGrid({
    ids,
    at,
    columns: shown.length,
    page,
    letters: letters !== 'off',
    scroller,
    scrollTo: useCallback((index: number) => scrollTo.current(index), []),
    begin: open === '' ? undefined : open,
    moved: (row, from, extend) => {
      const [id, was] = [ids[row], ids[from]]
      if (extend && selection && id !== undefined) selection.add(was === undefined ? [id] : [was, id])
      if (open !== '' && id !== undefined) onOpen(id, false)
    },
    act: (deed, row) => act(deed, row),
  })
  useLayoutEffect(() => {
    focusBack.current = focusActive
  }, [focusBack, focusActive])

  /** The heading over a row, where it is another than that of the row before. */
  const heading = (index: number): string | undefined => {
    const [row, before] = [rows[index], rows[index - 1]]
    if (!props.under || row === undefined) return undefined
    const own = props.under(row)
    return before !== undefined && props.under(before) === own ? undefined : own
  }

  // The active row stays mounted wherever one scrolls: without it Tab would find no way into the grid.
  const keep = active.row
  const rangeExtractor = useCallback(
    (range: Range) => {
      const seen = defaultRangeExtractor(range)
      if (keep < 0 || keep >= range.count || seen.includes(keep)) return seen
      return [...seen, keep].sort((a, b) => a - b)
    },
    [keep],
  )
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (heading(index) === undefined ? height : 2 * height),
    overscan: 8,
    scrollPaddingStart: headHeight,
    getItemKey: (index) => ids[index] ?? index,
    rangeExtractor,
  })
  const { measure, scrollToIndex } = virtual
  useLayoutEffect(() => {
    scrollTo.current = scrollToIndex
  }, [scrollToIndex])
  const first = ids[0]
  useLayoutEffect(() => measure(), [height, measure, first])

  const asked = useRef(question)
  useLayoutEffect(() => {
    if (asked.current === question) return
    asked.current = question
    if (scroller.current) scroller.current.scrollTop = 0
  }, [question])

  // An item opened by its address or by "next" is brought into sight.
  const openAt = open === '' ? undefined : at.get(open)
  useEffect(() => {
    if (openAt !== undefined) scrollToIndex(openAt)
  }, [openAt, scrollToIndex])

  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (more && last >= rows.length - ahead) more()
  }, [more, last, rows.length])

  const anchor = useRef(-1)
  const tick = (index: number, range: boolean) => {
    const id = ids[index]
    if (!selection || id === undefined) return
    const from = at.get(ids[anchor.current] ?? '') ?? -1
    if (range && from >= 0) selection.add(ids.slice(Math.min(from, index), Math.max(from, index) + 1))
    else selection.toggle(id)
    anchor.current = index
  }
  const tickAll = () => {
    if (!selection) return
    if (ids.every((id) => selection.ids.has(id))) selection.clear()
    else selection.set(ids)
  }

  const act = (deed: Exclude<Deed, { do: 'move' }>, row: number): boolean => {
    const id = ids[row]
    switch (deed.do) {
      case 'open':
        if (id === undefined || !props.opens) return false
        onOpen(id, true)
        return true
      case 'select':
        if (id === undefined || !selection) return false
        tick(row, false)
        return true
      case 'selectAll':
        if (!selection) return false
        selection.set(ids)
        return true
      case 'escape':
        return props.onEscape()
      case 'menu': {
        if (id === undefined || !onMenu) return false
        const box = scroller.current?.querySelector(`[data-row="${CSS.escape(id)}"]`)?.getBoundingClientRect()
        onMenu(row, (box?.left ?? 0) + 48, box?.bottom ?? 0)
        return true
      }
      case 'shortcut':
        return props.onLetter(deed.letter, row)
    }
  }

  const press = (index: number, event: MouseEvent) => {
    if (event.target instanceof Element && event.target.closest(interactive)) return
    const id = ids[index]
    if (id === undefined) return
    if (selection && (event.ctrlKey || event.metaKey || event.shiftKey)) {
      tick(index, event.shiftKey)
      return
    }
    go({ row: index, column: -1 }, true)
    if (props.opens) onOpen(id, false)
  }
  const menu = (index: number, event: MouseEvent) => {
    if (!onMenu || (event.target instanceof Element && event.target.closest('a'))) return
    event.preventDefault()
    go({ row: index, column: -1 }, false)
    onMenu(index, event.clientX, event.clientY)
  }
  const onPress = useLatest(press)
  const onTick = useLatest(tick)
  const onContext = useLatest(menu)

  const template = { '--cols': templateOf(shown, ticks), '--row': `${height}px` } as Record<string, string>
  const room = { height: virtual.getTotalSize() }
  const tickedCount = selection ? ids.filter((id) => selection.ids.has(id)).length : 0
  return (
    <div
      ref={scroller}
      className="grid"
      role="grid"
      aria-label={props.label}
      aria-rowcount={props.total === undefined ? -1 : props.total + 1}
      aria-colcount={shown.length + (ticks ? 1 : 0)}
      aria-multiselectable={ticks || undefined}
      aria-busy={props.busy || undefined}
      style={template}
      onKeyDown={onKeyDown}
      onFocus={onFocus}
    >
      <GridHead
        columns={shown}
        sort={props.sort}
        onSort={props.onSort}
        ticks={ticks}
        ticked={tickedCount === 0 ? 'none' : tickedCount === ids.length ? 'all' : 'some'}
        onTickAll={tickAll}
        active={active.row < 0 ? Math.max(0, active.column) : undefined}
      />
      <div role="rowgroup" className="grows" style={room}>
        {items.map(({ index, start, key }) => {
          const row = rows[index]
          const id = ids[index]
          if (row === undefined || id === undefined) return null
          const over = heading(index)
          return [
            over !== undefined && (
              <div key={`under ${key}`} className="band" aria-hidden style={{ transform: `translateY(${start}px)` }}>
                {over}
              </div>
            ),
            <GridRow
              key={key}
              row={row}
              id={id}
              label={describe(row).label}
              index={index}
              offset={over === undefined ? start : start + height}
              columns={shown}
              ticks={ticks}
              ticked={selection?.ids.has(id) === true}
              open={open === id}
              quiet={props.quiet?.(row) === true}
              opens={props.opens}
              active={active.row === index ? active.column : undefined}
              onPress={onPress}
              onTick={onTick}
              onMenu={onContext}
            />,
          ]
        })}
      </div>
    </div>
  )
}

/** A function that stays the same and does what the last render says. */
function useLatest<A extends readonly unknown[]>(run: (...args: A) => void): (...args: A) => void {
  const latest = useRef(run)
  useLayoutEffect(() => {
    latest.current = run
  })
  return useCallback((...args: A) => latest.current(...args), [])
}

/** 32 px, 36 for roomy lists, 40 in comfortable density and for touch (screens.md 2). */
function useRowHeight(roomy: boolean): number {
  const [density] = useKept('density')
  const [coarse] = useState(() => typeof matchMedia === 'function' && matchMedia('(pointer: coarse)').matches)
  if (density === 'comfortable' || (density === undefined && coarse)) return 40
  return roomy ? 36 : 32
}
