import { useRef, type KeyboardEvent, type ReactNode } from 'react'
import { PageLink, type Search } from '../kit/address'
import { IconLocked } from '../kit/icons'
import { useFormat } from '../text/i18n'

interface ColumnListProps {
  readonly title: string
  readonly count?: number
  /** Something is chosen: a narrow window shows that instead of the list. */
  readonly chosen: boolean
  readonly page: string
  readonly action: ReactNode
  readonly foot: ReactNode
  readonly children: ReactNode
}

/** The list at the left of a page about one of a few things: arrows walk, Enter opens. */
export function ColumnList({ title, count, chosen, page, action, foot, children }: ColumnListProps) {
  const format = useFormat()
  const list = useRef<HTMLUListElement>(null)
  const walk = (event: KeyboardEvent) => {
    const all = [...(list.current?.querySelectorAll('a') ?? [])]
    const at = all.indexOf(document.activeElement as HTMLAnchorElement)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key]
    if (at < 0 || to === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    all[Math.max(0, Math.min(all.length - 1, to))]?.focus()
  }
  return (
    <nav className={chosen ? 'rl chosen' : 'rl'} aria-label={title} data-region="list">
      <div className="head">
        <h1 className="el">{chosen ? <PageLink page={page}>{title}</PageLink> : title}</h1>
        {count !== undefined && <span className="mut">{format.number(count)}</span>}
        <span className="stamp">{action}</span>
      </div>
      <ul ref={list} onKeyDown={walk}>
        {children}
      </ul>
      <div className="rfoot sm">{foot}</div>
    </nav>
  )
}

interface ColumnItemProps {
  readonly page: string
  readonly search: Search
  readonly current: boolean
  readonly name: string
  /** What the lock says, for what cannot be changed. */
  readonly locked: string | undefined
  readonly detail: string
}

/** One line of a ColumnList. */
export function ColumnItem({ page, search, current, name, locked, detail }: ColumnItemProps) {
  return (
    <li>
      <PageLink page={page} search={search} className="it" aria-current={current || undefined}>
        <span className="b el">{name}</span>
        {locked !== undefined && (
          <span className="mut" title={locked}>
            <IconLocked className="i s" aria-hidden />
            <span className="unseen">, {locked}</span>
          </span>
        )}
        <span className="sm mut">{detail}</span>
      </PageLink>
    </li>
  )
}
