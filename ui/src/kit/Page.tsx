import type { ReactNode } from 'react'
import { PageLink, type Search } from './address'
import { useTitle } from './announce'
import { usePlace } from './scope'

interface HeadProps {
  readonly title: string
  /** A page above this one: link and word before the title. */
  readonly crumb?: ReactNode
  readonly count?: ReactNode
  /** At the right: the age of the data. */
  readonly stamp?: ReactNode
  /** At the right: buttons. */
  readonly actions?: ReactNode
}

/** The title row that every page has. */
export function PageHead({ title, crumb, count, stamp, actions }: HeadProps) {
  return (
    <div className="head">
      {crumb !== undefined && <span className="crumb">{crumb}</span>}
      <h1 className="el">{title}</h1>
      {count !== undefined && <span className="mut el">{count}</span>}
      <span className="stamp">
        {stamp}
        {actions}
      </span>
    </div>
  )
}

interface PlainPageProps extends HeadProps {
  /** Bars under the head. */
  readonly notice?: ReactNode
  /** Without the reading width of a form page. */
  readonly wide?: boolean
  readonly children: ReactNode
}

/** A page that is no list: head, notices, and a body that scrolls. */
export function PlainPage({ notice, wide, children, ...head }: PlainPageProps) {
  const { customerName } = usePlace()
  useTitle(head.title, customerName)
  return (
    <div className="main">
      <PageHead {...head} />
      {notice !== undefined && <div className="notices">{notice}</div>}
      <div className={wide ? 'body wide' : 'body'}>{children}</div>
    </div>
  )
}

interface CardProps {
  readonly title?: string
  readonly note?: ReactNode
  /** A link at the right of the title. */
  readonly action?: ReactNode
  readonly children: ReactNode
}

/** A bordered part of a page. Never one within another. */
export function Card({ title, note, action, children }: CardProps) {
  return (
    <section className="card part">
      {title !== undefined && (
        <h2 className="h">
          {title}
          {note !== undefined && <span className="mut">{note}</span>}
          {action !== undefined && <span className="end">{action}</span>}
        </h2>
      )}
      {children}
    </section>
  )
}

interface FigureProps {
  readonly value: ReactNode
  readonly label: string
  readonly tone?: 'critical' | 'quiet'
  /** Beside the number: a small line. */
  readonly aside?: ReactNode
  /** The list that the number counts. */
  readonly page?: string
  readonly search?: Search
}

/** One number of the overview with its word; a link where there is a list behind it. Put several into `<div className="facts">`. */
export function Figure({ value, label, tone, aside, page, search }: FigureProps) {
  const inside = (
    <>
      <span className="mut sm">{label}</span>
      <span className="fn">
        <b className={tone === 'critical' ? 'crit' : tone === 'quiet' ? 'mut' : undefined}>{value}</b>
        {aside}
      </span>
    </>
  )
  if (page === undefined) return <div className="fact">{inside}</div>
  return (
    <PageLink className="fact" page={page} search={search}>
      {inside}
    </PageLink>
  )
}
