import { useId, type ReactNode } from 'react'
import type { Icon } from '../icons'
import { When } from '../When'

/** A grid of labels and values. `wide` gives the labels more room. */
export function Facts({ wide, children }: { wide?: boolean; children: ReactNode }) {
  return <dl className={wide ? 'kv wide' : 'kv'}>{children}</dl>
}

/** One line of Facts. Nothing when there is no value: no dashes for what Microsoft did not say. */
export function Fact({ label, children }: { label: string; children: ReactNode }) {
  if (children === undefined || children === null || children === '' || children === false) return null
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  )
}

interface SectionProps {
  readonly title: string
  readonly note?: ReactNode
  /** A link or small button at the right. */
  readonly action?: ReactNode
  readonly children: ReactNode
}

/** A titled part of a pane. */
export function Section({ title, note, action, children }: SectionProps) {
  const id = useId()
  return (
    <section className="sect" aria-labelledby={id}>
      <h3>
        <span id={id}>{title}</span>
        {note !== undefined && <span className="mut">{note}</span>}
        {action !== undefined && <span className="end">{action}</span>}
      </h3>
      {children}
    </section>
  )
}

/** Numbered sentences: what to do. */
export function Steps({ items }: { items: readonly ReactNode[] }) {
  return (
    <ol className="steps">
      {items.map((item, i) => (
        <li key={i}>
          <span>{item}</span>
        </li>
      ))}
    </ol>
  )
}

interface Event {
  readonly id: string
  readonly at: string | number
  readonly icon?: Icon
  readonly children: ReactNode
}

/** What happened, newest first: time, glyph, sentence. */
export function Timeline({ items }: { items: readonly Event[] }) {
  return (
    <ol className="tl">
      {items.map(({ id, at, icon: Glyph, children }) => (
        <li key={id}>
          <span className="mut">
            <When at={at} as="short" />
          </span>
          {Glyph ? <Glyph className="i" aria-hidden /> : <span />}
          <span>{children}</span>
        </li>
      ))}
    </ol>
  )
}
