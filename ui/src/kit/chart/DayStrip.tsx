import type { Severity } from '../status'
import { Strip } from './Strip'

/** How a day was: nothing open, or the worst that was. */
export type Day = 'none' | Severity

interface DayStripProps {
  /** Oldest first; 30 of them. */
  readonly days: readonly Day[]
  /** The result in words: "open on 7 of 30 days". */
  readonly label: string
  /** Fills the width: in the pane. Else 89 by 16 for a row. */
  readonly wide?: boolean
  /** Words under the ends, in the pane: "24 Oct", "Today". */
  readonly from?: string
  readonly to?: string
}

/** Thirty small bars: tall and coloured on days when the incident was open (screens.md 2). Height tells it without colour. */
export function DayStrip({ days, label, wide, from, to }: DayStripProps) {
  const bars = (
    <Strip width={Math.max(1, days.length * 3 - 1)} label={label} wide={wide}>
      {days.map((day, i) =>
        day === 'none' ? (
          <rect key={i} x={i * 3} y={9} width={2} height={5} className="calm" />
        ) : (
          <rect key={i} x={i * 3} y={2} width={2} height={12} className={`fill ${day}`} />
        ),
      )}
    </Strip>
  )
  if (from === undefined && to === undefined) return bars
  return (
    <div>
      {bars}
      <div className="days" aria-hidden>
        <span>{from}</span>
        <span>{to}</span>
      </div>
    </div>
  )
}
