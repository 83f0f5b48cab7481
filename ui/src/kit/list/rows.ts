import { useMemo } from 'react'
import type { InfiniteData } from '@tanstack/react-query'
import type { Page } from '../../api/query'

/** The rows of all pages, each once: a row that moved between two pages while they were read comes twice. */
export function rowsOf<Row>(pages: readonly Page<Row>[], idOf: (row: Row) => string): { rows: Row[]; at: Map<string, number> } {
  const rows: Row[] = []
  const at = new Map<string, number>()
  for (const page of pages) {
    for (const row of page.items) {
      const id = idOf(row)
      if (at.has(id)) continue
      at.set(id, rows.length)
      rows.push(row)
    }
  }
  return { rows, at }
}

/** rowsOf, kept until the data change. */
export function useRows<Row, P extends Page<Row>>(data: InfiniteData<P> | undefined, idOf: (row: Row) => string) {
  return useMemo(() => rowsOf<Row>(data?.pages ?? [], idOf), [data, idOf])
}
