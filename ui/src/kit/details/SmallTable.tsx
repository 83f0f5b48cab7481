import { useTranslation } from 'react-i18next'
import type { ReactNode } from 'react'

/** A column of a small table. */
export interface SmallColumn<Row> {
  readonly id: string
  readonly head: string
  /** What a head without a word is called. */
  readonly name?: string
  readonly align?: 'end'
  /** How much room it takes beside the others, from 1 to 6; default 2. */
  readonly weight?: 1 | 2 | 3 | 4 | 5 | 6
  readonly cell: (row: Row) => ReactNode
}

interface SmallTableProps<Row> {
  /** The accessible name. */
  readonly caption: string
  readonly columns: readonly SmallColumn<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  /** Instead of the table, when there are no rows. */
  readonly empty?: ReactNode
}

/** A plain table of a few rows, inside a pane or page. Lists that can grow are ListPage. */
export function SmallTable<Row>({ caption, columns, rows, keyOf, empty }: SmallTableProps<Row>) {
  const { t } = useTranslation()
  if (rows.length === 0) return <p className="mut">{empty ?? t('list.foundNone')}</p>
  return (
    <table className="small">
      <caption className="unseen">{caption}</caption>
      <colgroup>
        {columns.map((c) => (
          <col key={c.id} className={`c${c.weight ?? 2}`} />
        ))}
      </colgroup>
      <thead>
        <tr>
          {columns.map((c) => (
            <th key={c.id} scope="col" className={c.align === 'end' ? 'r' : undefined}>
              {c.name === undefined ? c.head : <span className="unseen">{c.name}</span>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map((c) => (
              <td key={c.id} className={c.align === 'end' ? 'r' : undefined}>
                {c.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
