import { memo, type MouseEvent } from 'react'
import { useTranslation } from 'react-i18next'
import type { Column } from './spec'

interface GridRowProps<Row> {
  readonly row: Row
  readonly id: string
  readonly label: string
  readonly index: number
  readonly offset: number
  readonly columns: readonly Column<Row>[]
  readonly ticks: boolean
  readonly ticked: boolean
  readonly open: boolean
  readonly quiet: boolean
  readonly opens: boolean
  /** Undefined: the tab stop is elsewhere. -1: the row. Else the cell. */
  readonly active: number | undefined
  readonly onPress: (index: number, event: MouseEvent) => void
  readonly onTick: (index: number, range: boolean) => void
  readonly onMenu: (index: number, event: MouseEvent) => void
}

function Plain<Row>({ row, id, label, index, offset, columns, ticks, ticked, open, quiet, opens, active, onPress, onTick, onMenu }: GridRowProps<Row>) {
  const { t } = useTranslation()
  const shift = ticks ? 2 : 1
  const classes = ['gr', open && 'open', ticked && 'ticked', quiet && 'quiet', opens && 'opens'].filter(Boolean).join(' ')
  const place = { transform: `translateY(${offset}px)` }
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={ticks ? ticked : open}
      aria-current={open || undefined}
      aria-label={label}
      className={classes}
      data-row={id}
      tabIndex={active === -1 ? 0 : -1}
      data-active={active === -1}
      style={place}
      onClick={(event) => onPress(index, event)}
      onContextMenu={(event) => onMenu(index, event)}
    >
      {ticks && (
        <div role="gridcell" aria-colindex={1} className="gt">
          <input
            type="checkbox"
            tabIndex={-1}
            checked={ticked}
            aria-label={t('list.selectRow', { name: label })}
            onChange={(event) => onTick(index, 'shiftKey' in event.nativeEvent && event.nativeEvent.shiftKey === true)}
          />
        </div>
      )}
      {columns.map((column, i) => (
        <div
          key={column.id}
          role="gridcell"
          aria-colindex={i + shift}
          className={column.align === 'end' ? 'gc r' : column.flex === undefined ? 'gc' : 'gc lead'}
          tabIndex={active === i ? 0 : -1}
          data-active={active === i}
        >
          {column.cell(row)}
        </div>
      ))}
    </div>
  )
}

/** One row. Drawn again only when something of it changes: moving the focus draws two rows, not all. */
export const GridRow = memo(Plain) as typeof Plain
