import { useEffect, useId, useRef, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../../api/client'
import { textOf, useSearchText, useSetSearch } from '../address'
import { Button, IconButton } from '../Button'
import { Absent, NoPermission } from '../Empty'
import { Failure } from '../Failure'
import { IconClose, IconCopyLink, IconNext, IconPrevious } from '../icons'
import { MoreMenu } from '../Menu'
import { isAbsent } from '../problem'
import { Skeleton } from '../Skeleton'
import { Tabs } from '../Tabs'
import { useCopy } from './CopyButton'
import { usePane } from './pane'
import type { DetailsCommand, DetailsPaneProps } from './spec'

/** The details beside a list: head, commands, tabs whose choice stands in the address, content, foot. */
export function DetailsPane({ query, glyph, title, subtitle, commands = [], tabs, children, foot }: DetailsPaneProps) {
  const { t } = useTranslation()
  const pane = usePane()
  const heading = useRef<HTMLHeadingElement>(null)
  const search = useSearchText()
  const setSearch = useSetSearch()
  const panel = useId()
  const takesFocus = pane?.takesFocus === true
  useEffect(() => {
    if (takesFocus) heading.current?.focus()
  }, [takesFocus])

  const wanted = textOf(search, 'tab')
  const tab = tabs?.find((one) => one.value === wanted) ?? tabs?.[0]
  const missing = query?.data === undefined
  const error = query?.error ?? null
  const absent = isAbsent(error)
  const usable = !absent && !(missing && error !== null)
  const waiting = query !== undefined && missing && query.isPending

  const content = () => {
    if (absent) return <Absent />
    if (missing && error instanceof ApiError && error.status === 403) return <NoPermission />
    if (missing && error !== null) return <Failure error={error} retry={query?.refetch} />
    if (waiting) return <Skeleton lines={8} />
    return (
      <>
        {error !== null && <Failure error={error} retry={query?.refetch} />}
        {tab ? tab.content() : children}
      </>
    )
  }

  const escape = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key !== 'Escape' || event.defaultPrevented || !pane) return
    // A dialog or menu of the pane is its child in React, not in the page: its Escape is its own.
    if (!(event.target instanceof Node) || !event.currentTarget.contains(event.target)) return
    event.preventDefault()
    pane.close()
  }

  return (
    <aside className={pane?.width === 520 ? 'pane w' : 'pane'} data-region="pane" aria-label={title === '' ? t('details.pane') : title} onKeyDown={escape}>
      <div className="phead">
        {!absent && glyph}
        <div className="grow">
          <h2 ref={heading} tabIndex={-1}>
            {absent ? t('details.pane') : title}
          </h2>
          {!absent && subtitle !== undefined && <div className="mut">{subtitle}</div>}
        </div>
        <PaneControls />
      </div>
      {usable && commands.length > 0 && <Commands commands={commands} />}
      {usable && tabs && tab && (
        <Tabs label={t('details.tabs')} tabs={tabs} value={tab.value} panel={panel} onChange={(value) => setSearch({ tab: value })} />
      )}
      <div id={panel} className="pbody" role={tabs && usable ? 'tabpanel' : undefined} aria-label={tab?.label} aria-busy={waiting || undefined} tabIndex={0}>
        {content()}
      </div>
      {usable && foot !== undefined && <div className="pfoot">{foot}</div>}
    </aside>
  )
}

function PaneControls() {
  const { t } = useTranslation()
  const pane = usePane()
  const copy = useCopy()
  const controls = useRef<HTMLDivElement>(null)
  const steppedBy = pane?.steppedBy
  useEffect(() => {
    if (steppedBy === undefined) return
    const own = controls.current?.querySelector<HTMLElement>(`[data-step="${steppedBy}"]`)
    const button = own ?? controls.current?.querySelector<HTMLElement>('[data-step]') // at the end of the list only the other is left
    button?.focus()
  }, [steppedBy])
  if (!pane) return null
  return (
    <div className="ctl" ref={controls}>
      {pane.previous && <IconButton data-step="previous" icon={IconPrevious} label={t('details.previous')} onClick={pane.previous} />}
      {pane.next && <IconButton data-step="next" icon={IconNext} label={t('details.next')} onClick={pane.next} />}
      <IconButton icon={IconCopyLink} label={t('details.copyLink')} onClick={() => void copy(window.location.href, t('details.linkCopied'))} />
      <IconButton icon={IconClose} label={t('kit.close')} onClick={pane.close} />
    </div>
  )
}

function Commands({ commands }: { commands: readonly DetailsCommand[] }) {
  const shown = commands.filter((c) => c.more !== true)
  const first = shown.find((c) => c.primary === true)
  return (
    <div className="pact">
      {shown.map(({ id, label, icon, danger, disabledReason, run }) => (
        <Button
          key={id}
          kind={first?.id === id ? 'primary' : danger ? 'danger' : 'plain'}
          icon={icon}
          disabledReason={disabledReason}
          onClick={run}
        >
          {label}
        </Button>
      ))}
      <MoreMenu items={commands.filter((c) => c.more === true)} />
    </div>
  )
}
