import { useRef, type ReactNode } from 'react'
import { Menu, MenuPopover, MenuTrigger, Overflow, OverflowItem, useIsOverflowItemVisible, useOverflowMenu } from '@fluentui/react-components'
import { useTranslation } from 'react-i18next'
import { Button, IconButton } from '../Button'
import { IconMore, IconRefresh } from '../icons'
import { MenuEntries, type MenuEntry } from '../Menu'
import { useRoving } from '../roving'
import type { Ask, Command } from './spec'

/** What a command can work on now. */
export interface Doable<Row> {
  readonly command: Command<Row>
  readonly rows: readonly Row[]
  readonly reason: string | undefined
}

/** Whether a command can run on these rows, and why not. */
export function doable<Row>(command: Command<Row>, rows: readonly Row[], words: { one: string; some: string }): Doable<Row> {
  const needs = command.needs ?? 'none'
  if (needs === 'one' && rows.length !== 1) return { command, rows, reason: words.one }
  if (needs === 'some' && rows.length === 0) return { command, rows, reason: words.some }
  return { command, rows, reason: command.disabledReason?.(needs === 'none' ? [] : rows) }
}

/** A command as a line of a menu. */
export function entryOf<Row>({ command, rows, reason }: Doable<Row>, ask: Ask): MenuEntry {
  const { id, label, icon, group, download, run } = command
  const file = typeof download === 'function' ? download(ask) : download
  return { id, label, icon, group, disabledReason: reason, download: file, run: () => run?.(rows) }
}

interface CommandBarProps<Row> {
  readonly commands: readonly Doable<Row>[]
  readonly ask: Ask
  readonly refresh: () => void
  readonly refreshing: boolean
  /** At the far side: columns, keys. */
  readonly children?: ReactNode
}

/** The row of commands: one tab stop; what does not fit goes into the "…" menu. */
export function CommandBar<Row>({ commands, ask, refresh, refreshing, children }: CommandBarProps<Row>) {
  const { t } = useTranslation()
  const bar = useRef<HTMLDivElement>(null)
  const roving = useRoving(bar)
  const entries: MenuEntry[] = [
    ...commands.map((one) => entryOf(one, ask)),
    { id: 'refresh', label: t('list.refresh'), icon: IconRefresh, run: refresh },
  ]
  return (
    <div ref={bar} className="cmd" role="toolbar" aria-label={t('list.commands')} {...roving}>
      <Overflow minimumVisible={0} padding={40}>
        <div className="fits">
          {entries.map((entry) => (
            <OverflowItem key={entry.id} id={entry.id}>
              <span className={entry.group ? 'one apart' : 'one'}>
                <BarButton entry={entry} busy={entry.id === 'refresh' && refreshing} />
              </span>
            </OverflowItem>
          ))}
          <Hidden entries={entries} />
        </div>
      </Overflow>
      {children}
    </div>
  )
}

function BarButton({ entry, busy }: { entry: MenuEntry; busy: boolean }) {
  const Glyph = entry.icon
  if (entry.download !== undefined && entry.disabledReason === undefined) {
    return (
      <a className="btn" href={entry.download} download>
        {Glyph && <Glyph className="i" aria-hidden />}
        {entry.label}
      </a>
    )
  }
  return (
    <Button icon={Glyph} disabledReason={entry.disabledReason} aria-busy={busy || undefined} onClick={() => entry.run?.()}>
      {entry.label}
    </Button>
  )
}

function Hidden({ entries }: { entries: readonly MenuEntry[] }) {
  const { t } = useTranslation()
  const { ref, isOverflowing } = useOverflowMenu<HTMLButtonElement>()
  if (!isOverflowing) return null
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <IconButton ref={ref} icon={IconMore} label={t('kit.more')} />
      </MenuTrigger>
      <MenuPopover>
        <HiddenEntries entries={entries} />
      </MenuPopover>
    </Menu>
  )
}

function HiddenEntries({ entries }: { entries: readonly MenuEntry[] }) {
  return (
    <>
      {entries.map((entry) => (
        <HiddenEntry key={entry.id} entry={entry} />
      ))}
    </>
  )
}

function HiddenEntry({ entry }: { entry: MenuEntry }) {
  const visible = useIsOverflowItemVisible(entry.id)
  return visible ? null : <MenuEntries items={[entry]} />
}
