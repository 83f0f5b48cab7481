import type { ReactNode } from 'react'
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
