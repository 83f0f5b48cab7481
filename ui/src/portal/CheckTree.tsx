import { useId, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react'
import { IconCheck12, IconChevronDown, IconChevronRight } from '../kit/icons'
import type { TreeRow } from './rows'

/** Pixels of a row, and rows that are kept mounted beyond what is seen. */
const rowHeight = 32
const spare = 8

interface CheckTreeProps {
  /** The accessible name. */
  readonly label: string
  readonly rows: readonly TreeRow[]
  readonly onTick: (id: string) => void
  readonly onOpen: (id: string, open: boolean) => void
}

/**
 * A tree of ticks of any length: only the rows in sight are in the document. One tab stop; arrows walk, open and close,
 * Space ticks. The active row is named by aria-activedescendant and always mounted, so that scrolling cannot lose it.
 */
export function CheckTree({ label, rows, onTick, onOpen }: CheckTreeProps) {
  const id = useId()
  const scroller = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 400 })
  const [activeId, setActiveId] = useState<string>()

  useLayoutEffect(() => {
    const element = scroller.current
    if (!element) return
    const look = () => setView({ top: element.scrollTop, height: element.clientHeight })
    const watch = new ResizeObserver(look)
    watch.observe(element)
    return () => watch.disconnect()
  }, [])

  const known = rows.findIndex((row) => row.id === activeId)
  const active = known < 0 ? 0 : known
  const first = Math.max(0, Math.floor(view.top / rowHeight) - spare)
  const last = Math.min(rows.length - 1, Math.ceil((view.top + view.height) / rowHeight) + spare)
  const mounted = rows.map((row, i) => ({ row, i })).slice(first, last + 1)
  const activeRow = rows[active]
  if (activeRow && (active < first || active > last)) mounted.push({ row: activeRow, i: active })

  const move = (to: number) => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, to))]
    if (!next) return
    setActiveId(next.id)
    const element = scroller.current
    if (!element) return
    const at = rows.indexOf(next) * rowHeight
    if (at < element.scrollTop) element.scrollTop = at
    else if (at + rowHeight > element.scrollTop + element.clientHeight) element.scrollTop = at + rowHeight - element.clientHeight
  }
  const tick = (row: TreeRow) => {
    setActiveId(row.id)
    if (row.locked === undefined) onTick(row.id)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !activeRow) return
    const page = Math.max(1, Math.floor(view.height / rowHeight) - 1)
    const parent = rows.slice(0, active).findLastIndex((row) => row.level < activeRow.level)
    const deeds: Record<string, () => void> = {
      ArrowDown: () => move(active + 1),
      ArrowUp: () => move(active - 1),
      PageDown: () => move(active + page),
      PageUp: () => move(active - page),
      Home: () => move(0),
      End: () => move(rows.length - 1),
      ' ': () => tick(activeRow),
      Enter: () => tick(activeRow),
      ArrowRight: () => (activeRow.open === false ? onOpen(activeRow.id, true) : activeRow.open && move(active + 1)),
      ArrowLeft: () => (activeRow.open ? onOpen(activeRow.id, false) : parent >= 0 && move(parent)),
    }
    const deed = deeds[event.key]
    if (!deed) return
    event.preventDefault()
    deed()
  }
  const room = { height: rows.length * rowHeight }
  return (
    <div
      ref={scroller}
      className="ptree"
      role="tree"
      aria-label={label}
      aria-multiselectable
      aria-activedescendant={activeRow ? `${id}-${active}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onScroll={(event) => setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })}
    >
      <div role="presentation" style={room}>
        {mounted.map(({ row, i }) => (
          <Row key={row.id} id={`${id}-${i}`} row={row} index={i} active={i === active} onTick={() => tick(row)} onOpen={onOpen} />
        ))}
      </div>
    </div>
  )
}

interface RowProps {
  readonly id: string
  readonly row: TreeRow
  readonly index: number
  readonly active: boolean
  readonly onTick: () => void
  readonly onOpen: (id: string, open: boolean) => void
}

const boxes = { on: 'cb on', off: 'cb', mixed: 'cb half' } as const

function Row({ id, row, index, active, onTick, onOpen }: RowProps) {
  const place = { transform: `translateY(${index * rowHeight}px)` }
  const Chevron = row.open ? IconChevronDown : IconChevronRight
  return (
    <div
      id={id}
      role="treeitem"
      className={`prow l${row.level}${active ? ' active' : ''}`}
      style={place}
      title={row.locked}
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.of}
      aria-checked={row.state === 'mixed' ? 'mixed' : row.state === 'on'}
      aria-expanded={row.open}
      aria-disabled={row.locked !== undefined || undefined}
      onClick={onTick}
    >
      <span
        className="turn"
        aria-hidden
        onClick={(event) => {
          if (row.open === undefined) return
          event.stopPropagation()
          onOpen(row.id, !row.open)
        }}
      >
        {row.open !== undefined && <Chevron className="i s" />}
      </span>
      <span className={row.locked === undefined || row.state === 'on' ? boxes[row.state] : 'cb off'} aria-hidden>
        {row.state === 'on' && <IconCheck12 className="i" />}
      </span>
      <span className="el">
        {row.label}
        {row.detail !== undefined && row.detail !== '' && <span className="mut"> {row.detail}</span>}
        {row.locked !== undefined && <span className="unseen">, {row.locked}</span>}
      </span>
      {row.end !== undefined && <span className="mut sm end">{row.end}</span>}
    </div>
  )
}
