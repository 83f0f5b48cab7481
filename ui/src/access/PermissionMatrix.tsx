import { useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { IconCheck12, IconLocked } from '../kit/icons'
import { usePermissionWords } from '../kit/permission'
import { useMe } from '../kit/rights'
import { Tag } from '../kit/status'
import { columns, matrixOf, nextIn } from './matrix'

interface PermissionMatrixProps {
  /** The accessible name. */
  readonly label: string
  /** What was there before the changes. */
  readonly base: readonly string[]
  readonly held: readonly string[]
  /** Why a permission cannot be ticked, in words; undefined where it can. */
  readonly locked: (name: string) => string | undefined
  /** What a ticked permission above the ceiling is told; undefined for all others. */
  readonly idle?: (name: string) => string | undefined
  /** Why nothing can be changed here. */
  readonly readOnly?: string | undefined
  /** Permissions that the server refused when it was saved last. */
  readonly refused?: readonly string[]
  readonly onTick: (name: string, on: boolean) => void
}

/** The permissions as rows of things and columns of deeds: one tab stop, arrows walk, Space ticks. */
export function PermissionMatrix({ label, base, held, locked, idle, readOnly, refused = [], onTick }: PermissionMatrixProps) {
  const { t } = useTranslation('access')
  const catalogue = useMe().permissions
  const words = usePermissionWords()
  const rows = useMemo(() => matrixOf(catalogue), [catalogue])
  const table = useRef<HTMLTableElement>(null)
  const [at, setAt] = useState(catalogue[0])

  const walk = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || at === undefined) return
    const to = nextIn(rows, at, event.key)
    if (to === undefined) return
    event.preventDefault()
    setAt(to)
    table.current?.querySelector<HTMLElement>(`[data-permission="${to}"]`)?.focus()
  }
  const cell = (name: string) => {
    const on = held.includes(name)
    const lock = on ? undefined : locked(name)
    const idling = on ? idle?.(name) : undefined
    const why = [readOnly ?? lock, idling, refused.includes(name) ? t('roles.refusedHere') : undefined].filter(Boolean).join(' ') || undefined
    const off = readOnly !== undefined || lock !== undefined
    return (
      <button
        key={name}
        type="button"
        role="checkbox"
        className={lock !== undefined || idling !== undefined ? 'ck lk' : 'ck'}
        data-permission={name}
        aria-checked={on}
        aria-disabled={off || undefined}
        aria-label={[words.whole(name), why].filter(Boolean).join('. ')}
        title={why}
        tabIndex={name === at ? 0 : -1}
        onFocus={() => setAt(name)}
        onClick={() => {
          if (!off) onTick(name, !on)
        }}
      >
        <span className={lock !== undefined ? 'cb off' : on ? 'cb on' : 'cb'} aria-hidden>
          {lock !== undefined ? <IconLocked className="i" /> : on && <IconCheck12 className="i" />}
        </span>
        <span>{words.of(name)}</span>
        {idling !== undefined && <IconLocked className="i s" aria-hidden />}
        {on && !base.includes(name) && <Tag tone="healthy">{t('roles.added')}</Tag>}
        {!on && base.includes(name) && <Tag tone="critical">{t('roles.removed')}</Tag>}
        {refused.includes(name) && <Tag tone="critical">{t('roles.refused')}</Tag>}
      </button>
    )
  }
  return (
    <table ref={table} className="mx" role="grid" aria-label={label} onKeyDown={walk}>
      <thead>
        <tr role="row">
          <th role="columnheader" scope="col">
            <span className="unseen">{t('roles.thing')}</span>
          </th>
          {columns.map((column) => (
            <th key={column} role="columnheader" scope="col" className={column}>
              {t(`roles.column.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.feature} role="row">
            <th role="rowheader" scope="row">
              {words.ofFeature(row.feature)}
            </th>
            {columns.map((column) => (
              <td key={column} role="gridcell">
                {row.cells[column].map(cell)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
