import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import { IconSortDown, IconSortUp } from '../icons'
import { nextSort, sortOf } from './columns'
import type { Column } from './spec'

interface GridHeadProps {
  readonly columns: readonly Pick<Column<never>, 'id' | 'head' | 'name' | 'align' | 'sort' | 'descending'>[]
  readonly sort: string
  readonly onSort: (sort: string) => void
  readonly ticks: boolean
  /** All, some or none of the loaded rows are ticked. */
  readonly ticked: 'all' | 'some' | 'none'
  readonly onTickAll: () => void
  /** The column with the tab stop, or undefined. */
  readonly active: number | undefined
}

/** The heads: their weight and an arrow show the sort; a click turns it. */
export const GridHead = memo(function GridHead({ columns, sort, onSort, ticks, ticked, onTickAll, active }: GridHeadProps) {
  const { t } = useTranslation()
  const now = sortOf(sort)
  const shift = ticks ? 2 : 1
  return (
    <div role="rowgroup" className="ghead">
      <div role="row" aria-rowindex={1} className="gr gh">
        {ticks && (
          <div role="columnheader" aria-colindex={1} className="gt">
            <input
              type="checkbox"
              tabIndex={-1}
              aria-label={t('list.selectRows')}
              checked={ticked === 'all'}
              ref={(box) => {
                if (box) box.indeterminate = ticked === 'some'
              }}
              onChange={onTickAll}
            />
          </div>
        )}
        {columns.map((column, i) => {
          const sorted = column.sort !== undefined && now.by === sortOf(column.sort).by
          const Arrow = now.descending ? IconSortDown : IconSortUp
          const stop = { tabIndex: active === i ? 0 : -1, 'data-active': active === i }
          const label = column.name === undefined || column.name === column.head ? undefined : column.name
          return (
            <div
              key={column.id}
              role="columnheader"
              aria-colindex={i + shift}
              aria-sort={sorted ? (now.descending ? 'descending' : 'ascending') : undefined}
              className={column.align === 'end' ? 'gc r' : 'gc'}
              title={label}
              {...(column.sort === undefined ? { ...stop, 'aria-label': column.head === '' ? undefined : label } : {})}
            >
              {column.sort === undefined ? (
                column.head === '' ? <span className="unseen">{column.name}</span> : column.head
              ) : (
                <button type="button" aria-label={label} {...stop} onClick={() => onSort(nextSort(column, sort))}>
                  <span className="el">{column.head}</span>
                  {sorted && <Arrow className="i xs" aria-hidden />}
                </button>
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
})
