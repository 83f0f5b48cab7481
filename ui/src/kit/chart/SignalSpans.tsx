import { useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../../text/i18n'
import type { Severity } from '../status'

export type SpanState = Severity | 'well' | 'none'

/** A stretch of time in which a signal was so. Moments are RFC 3339 or milliseconds; an open end is now. */
export interface Span {
  readonly from: string | number
  readonly to?: string | number | null
  readonly state: SpanState
}

interface Placed {
  readonly from: number
  readonly to: number
  readonly state: SpanState
  readonly x: number
  readonly width: number
}

const laneWidth = 148

/** The spans within a window, in drawing units; a bad one is never thinner than two pixels. Exported for its test. */
export function placeSpans(spans: readonly Span[], from: number, to: number): Placed[] {
  const scale = laneWidth / Math.max(1, to - from)
  const placed: Placed[] = []
  for (const span of spans) {
    const start = Math.max(from, new Date(span.from).getTime())
    const end = Math.min(to, span.to === undefined || span.to === null ? to : new Date(span.to).getTime())
    if (end < start || span.state === 'well') continue
    const width = Math.max(2, (end - start) * scale)
    placed.push({ from: start, to: end, state: span.state, x: Math.min((start - from) * scale, laneWidth - width), width })
  }
  return placed.sort((a, b) => a.from - b.from)
}

interface SignalSpansProps {
  readonly from: string | number
  readonly to: string | number
  readonly spans: readonly Span[]
  /** The result in words: "bad 3 times in 7 days, now critical". */
  readonly label: string
}

/** Seven days of a signal: bad spans taller than the track, no data a thin line. Arrow keys step through the spans. */
export function SignalSpans({ from, to, spans, label }: SignalSpansProps) {
  const { t } = useTranslation()
  const format = useFormat()
  const [at, setAt] = useState(-1)
  const placed = placeSpans(spans, new Date(from).getTime(), new Date(to).getTime())
  const words = (s: Placed) =>
    t('status.span', { from: `${format.weekday(s.from)} ${format.time(s.from)}`, to: format.time(s.to), state: t(`status.${s.state}`) })
  const here = placed[at]
  const step = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (by === 0 || placed.length === 0) return
    event.preventDefault()
    setAt((now) => (now < 0 ? (by > 0 ? 0 : placed.length - 1) : Math.max(0, Math.min(placed.length - 1, now + by))))
  }
  return (
    <span
      className="lane"
      role="img"
      aria-label={here ? `${label}. ${words(here)}` : label}
      tabIndex={placed.length > 0 ? 0 : undefined}
      onKeyDown={step}
      onBlur={() => setAt(-1)}
    >
      <svg width={laneWidth} height={16} viewBox={`0 0 ${laneWidth} 16`} aria-hidden>
        <rect x={0} y={4} width={laneWidth} height={8} rx={1.5} className="track" />
        {placed.map((s, i) =>
          s.state === 'none' ? (
            <g key={i}>
              <title>{words(s)}</title>
              <rect x={s.x} y={3} width={s.width} height={10} className="gap" />
              <rect x={s.x} y={7.5} width={s.width} height={1} className="line" />
            </g>
          ) : (
            <rect key={i} x={s.x} y={2} width={s.width} height={12} rx={1} className={`fill ${s.state}${i === at ? ' here' : ''}`}>
              <title>{words(s)}</title>
            </rect>
          ),
        )}
      </svg>
      {here && (
        <span className="tip" aria-hidden>
          {words(here)}
        </span>
      )}
    </span>
  )
}
