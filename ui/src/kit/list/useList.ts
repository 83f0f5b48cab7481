import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { listEnd, type Page } from '../../api/query'
import { useFormat } from '../../text/i18n'
import { useSetSearch } from '../address'
import { useAnnounce } from '../announce'
import { useKept } from '../kept'
import { usePlace } from '../scope'
import { useHiddenColumns } from './ColumnChooser'
import { useRows } from './rows'
import { useSelection } from './selection'
import type { ListSpec } from './spec'
import { names, useListAddress } from './state'

/** The state of a list page: what the address asks, the rows, the selection, what is open. */
export function useList<Row, P extends Page<Row>>(spec: ListSpec<Row, P>) {
  const { t } = useTranslation()
  const format = useFormat()
  const announce = useAnnounce()
  const setSearch = useSetSearch()
  const { session, customer } = usePlace()
  const all = customer === 'all'
  const address = useListAddress(spec)
  const { ask } = address
  const scope = useMemo(() => ({ session, customer }), [session, customer])
  const query = useInfiniteQuery(spec.page(scope, ask))
  const idOf = spec.row
  const { rows, at } = useRows<Row, P>(query.data, useCallback((row: Row) => idOf(row).id, [idOf]))
  const ids = useMemo(() => [...at.keys()], [at])
  const first = query.data?.pages[0]

  const question = JSON.stringify(ask)
  const ticks = useSelection(question)
  const selection = spec.selectable === true ? ticks : undefined
  const selected = useMemo(() => (ticks.ids.size === 0 ? [] : rows.filter((row) => ticks.ids.has(idOf(row).id))), [rows, ticks.ids, idOf])
  const [hidden, hide] = useHiddenColumns(spec.word)

  const [menu, setMenu] = useState<{ index: number; x: number; y: number; label: string }>()
  const [letters] = useKept('letterKeys')
  const [keysShown, showKeys] = useState(false)
  const [openedByKey, setOpenedByKey] = useState(false)
  const focusBack = useRef<() => void>(() => undefined)

  // After another question was answered, screen readers hear how many there are.
  const heard = useRef(question)
  const count = rows.length
  const more = query.hasNextPage
  const settled = query.data !== undefined && !query.isPlaceholderData
  useEffect(() => {
    if (!settled || heard.current === question) return
    heard.current = question
    const shown = format.number(count)
    if (count === 0) announce(t('list.foundNone'))
    else announce(more ? t('list.rowsMore', { count, shown }) : t('list.found', { count, shown }))
  }, [announce, count, format, more, question, settled, t])

  const open = (id: string, byKey: boolean) => {
    setOpenedByKey(byKey)
    if (id !== address.open) address.setOpen(id, address.open === '' ? 'push' : 'replace')
  }
  const close = () => {
    setOpenedByKey(false)
    address.setOpen(undefined)
    focusBack.current()
  }

  const total = first?.total ?? (more ? undefined : count)
  const atEnd = !more && count >= listEnd && first?.total !== count
  const usualFoot = () => {
    if (atEnd) return t('list.end', { shown: format.number(listEnd) })
    if (total !== undefined) return t('list.rows', { count: total, shown: format.number(total) })
    return t('list.rowsMore', { count, shown: format.number(count) })
  }

  const { fetchNextPage, isFetchingNextPage, isFetchNextPageError } = query
  const fetchMore = useMemo(
    () => (more && !isFetchingNextPage && !isFetchNextPageError ? () => void fetchNextPage() : undefined),
    [more, isFetchingNextPage, isFetchNextPageError, fetchNextPage],
  )

  return {
    address,
    query,
    rows,
    ids,
    at,
    first,
    all,
    selection,
    selected,
    hidden,
    hide,
    question,
    total,
    // The feature's sentence says a number as if it were all of them: only where it is.
    footText: (!atEnd && total !== undefined ? spec.footer?.(total, first) : undefined) ?? usualFoot(),
    more: fetchMore,
    open,
    close,
    openedByKey,
    /** First the pane, then the selection. Returns whether there was something to leave. */
    escape: () => {
      if (address.open !== '') close()
      else if (ticks.ids.size > 0) ticks.clear()
      else return false
      return true
    },
    /** What a command of a row works on: the selection if the row is in it, else the row alone. */
    rowsFor: (index: number): readonly Row[] => {
      const row = rows[index]
      if (row === undefined) return []
      return ticks.ids.has(idOf(row).id) ? selected : [row]
    },
    menu,
    openMenu: (index: number, x: number, y: number) => {
      const row = rows[index]
      if (row !== undefined) setMenu({ index, x, y, label: idOf(row).label })
    },
    closeMenu: () => {
      setMenu(undefined)
      focusBack.current()
    },
    keysShown,
    showKeys,
    lettersOff: letters === 'off',
    dropSearch: () => setSearch({ [names.q]: undefined }),
    announce,
    focusBack,
  }
}
