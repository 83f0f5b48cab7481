import { useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { useQueryClient } from '@tanstack/react-query'
import { can } from '../../api/can'
import { refresh, type Page } from '../../api/query'
import { useTitle } from '../announce'
import { NoPermission } from '../Empty'
import { PaneContext } from '../details/pane'
import { PageHead } from '../Page'
import { usePlace } from '../scope'
import { Tabs } from '../Tabs'
import { ColumnChooser } from './ColumnChooser'
import { columnsThatFit } from './columns'
import { CommandBar, doable, entryOf } from './CommandBar'
import { FilterBar } from './FilterBar'
import { Footer, useUsualHints } from './Footer'
import { Grid } from './Grid'
import { KeysDialog } from './KeysDialog'
import { RowMenu } from './RowMenu'
import { SelectionBar } from './SelectionBar'
import { Stamp } from './Stamp'
import type { ListSpec } from './spec'
import { FailedLater, NoRows, refusalOf, SkeletonRows } from './states'
import { useList } from './useList'

/** The one list of the product: everything that lists share, from a feature's description (screens.md 3). */
export function ListPage<Row, P extends Page<Row> = Page<Row>>({ spec }: { spec: ListSpec<Row, P> }) {
  const { me, customer, customerName } = usePlace()
  useTitle(spec.title, customerName)
  if (spec.permission !== undefined && !can(me, spec.permission, customer)) {
    return (
      <div className="main">
        <PageHead title={spec.title} />
        <NoPermission what={spec.title.toLocaleLowerCase()} />
      </div>
    )
  }
  // Another customer is another list: nothing of the former one stays, no selection, no open menu.
  return <Allowed key={customer} spec={spec} />
}

function Allowed<Row, P extends Page<Row>>({ spec }: { spec: ListSpec<Row, P> }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const place = usePlace()
  const list = useList(spec)
  const [steppedBy, setSteppedBy] = useState<'previous' | 'next'>()
  const { address, query, rows, ids, at, first, selection, selected, all, hidden } = list
  const what = spec.title.toLocaleLowerCase()
  const words = { one: t('list.needsOne'), some: t('list.needsSome') }
  const commands = spec.commands ?? []
  const doables = commands.map((command) => doable(command, selected, words))
  const rowCommands = commands.filter((c) => c.inRow === true && (c.needs ?? 'none') !== 'none')
  const usual = useUsualHints(selection !== undefined, spec.details !== undefined)
  const retry = () => void query.refetch()
  // Counts and details beside the rows must not tell of another moment than the rows.
  const refreshAll = () => void refresh(client, place.session, String(spec.page(place, address.ask).queryKey[2]))
  const refusal = refusalOf(query.error, what, retry, query.data !== undefined)
  const shownAt = (first && spec.asOf?.(first)) ?? (query.data === undefined ? undefined : query.dataUpdatedAt)
  const filters = (spec.filters ?? []).filter((f) => all || f.onlyAll !== true)
  const columns = spec.columns.filter((c) => all || c.onlyAll !== true)
  const hasFilters = filters.length > 0 || address.ask.q !== '' || spec.aside !== undefined

  return (
    <>
      <div className="main" onKeyDown={help}>
        <PageHead
          title={spec.title}
          count={spec.count?.(first, address.ask)}
          stamp={<Stamp at={shownAt} late={spec.late} old={query.error !== null} />}
        />
        {spec.tabs && <Tabs label={t('list.states')} tabs={spec.tabs} value={address.ask.tab} onChange={address.setTab} />}
        <CommandBar commands={doables} ask={address.ask} refresh={refreshAll} refreshing={query.isFetching}>
          <ColumnChooser columns={columns} hidden={hidden} onChange={list.hide} />
        </CommandBar>
        {selected.length > 0 && selection ? (
          <SelectionBar count={selected.length} loaded={ids.length} onAll={() => selection.set(ids)} onClear={selection.clear} />
        ) : (
          hasFilters && <FilterBar filters={filters} address={address} aside={spec.aside} dropSearch={list.dropSearch} />
        )}
        {spec.notice !== undefined && <div className="notices">{spec.notice}</div>}
        {refusal === undefined && query.error !== null && (
          <FailedLater error={query.error} what={what} at={query.dataUpdatedAt} retry={retry} />
        )}
        <div className="list">{body()}</div>
        <Footer
          text={query.data === undefined ? undefined : list.footText}
          hints={spec.hints ?? usual}
          end={spec.footerEnd}
        />
      </div>
      {list.menu && (
        <RowMenu
          place={list.menu}
          label={t('list.rowMenu', { name: list.menu.label })}
          items={rowCommands.map((command) => entryOf(doable(command, list.rowsFor(list.menu?.index ?? -1), words), address.ask))}
          onClose={list.closeMenu}
        />
      )}
      <KeysDialog
        open={list.keysShown}
        onClose={() => list.showKeys(false)}
        own={commands.flatMap((c) => (c.shortcut === undefined ? [] : [{ letter: c.shortcut, label: c.label }]))}
      />
      {pane()}
    </>
  )

  function body() {
    if (refusal !== undefined) return refusal
    if (query.data === undefined) {
      const fitting = columnsThatFit(spec.columns, 0, { all, hidden, ticks: selection !== undefined })
      return <SkeletonRows columns={fitting} ticks={selection !== undefined} what={what} />
    }
    if (rows.length === 0) return <NoRows narrowed={address.narrowed} clear={address.clear} empty={spec.empty} />
    return (
      <Grid
        label={spec.title}
        columns={spec.columns}
        hidden={hidden}
        all={all}
        rows={rows}
        ids={ids}
        at={at}
        describe={spec.row}
        quiet={spec.quiet}
        under={spec.under}
        roomy={spec.roomy === true}
        total={list.total}
        sort={address.ask.sort}
        onSort={address.setSort}
        selection={selection}
        open={address.open}
        opens={spec.details !== undefined}
        onOpen={(id, byKey) => {
          setSteppedBy(undefined)
          list.open(id, byKey)
        }}
        onEscape={list.escape}
        onMenu={rowCommands.length > 0 ? list.openMenu : undefined}
        onLetter={letter}
        more={list.more}
        busy={query.isFetching}
        question={list.question}
        focusBack={list.focusBack}
      />
    )
  }

  /** `?` over a list shows the keys of this list; elsewhere the frame shows those of everywhere. */
  function help(event: KeyboardEvent<HTMLElement>) {
    const typing = event.target instanceof Element && event.target.closest('input:not([type=checkbox]), textarea, select') !== null
    if (event.key !== '?' || event.defaultPrevented || typing || list.lettersOff) return
    event.preventDefault()
    list.showKeys(true)
  }

  function letter(pressed: string, index: number): boolean {
    const command = commands.find((c) => c.shortcut === pressed)
    if (!command) return false
    const needs = command.needs ?? 'none'
    const can = doable(command, needs === 'none' ? [] : list.rowsFor(index), words)
    if (can.reason !== undefined) list.announce(can.reason)
    else command.run?.(can.rows)
    return true
  }

  function pane() {
    const Details = spec.details
    const id = address.open
    if (!Details || id === '' || refusal !== undefined) return null
    const index = at.get(id)
    const step = (by: 'previous' | 'next') => {
      const to = index === undefined ? undefined : ids[by === 'next' ? index + 1 : index - 1]
      if (to === undefined) return undefined
      return () => {
        setSteppedBy(by)
        list.open(to, false)
      }
    }
    const handle = {
      close: list.close,
      previous: step('previous'),
      next: step('next'),
      width: spec.paneWidth ?? 480,
      takesFocus: list.openedByKey,
      steppedBy,
    }
    return (
      <PaneContext value={handle}>
        <Details key={id} id={id} row={index === undefined ? undefined : rows[index]} />
      </PaneContext>
    )
  }
}
