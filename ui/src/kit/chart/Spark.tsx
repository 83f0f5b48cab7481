import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../../text/i18n'

export type SeriesTone = 'brand' | 'critical' | 'important'

/** The points of a line in a box, the largest value at the top. Exported for its test. */
export function pointsOf(values: readonly number[], width: number, height: number, most = Math.max(1, ...values)): string {
  const step = values.length > 1 ? width / (values.length - 1) : 0
  return values.map((v, i) => `${round(i * step)},${round(height - (v / most) * height)}`).join(' ')
}

const round = (value: number) => Math.round(value * 10) / 10

/** A trend of a few days for a row or a figure. `label` says the result. */
export function Spark({ values, label, tone = 'brand' }: { values: readonly number[]; label: string; tone?: SeriesTone }) {
  const width = 72
  const height = 20
  const line = pointsOf(values, width - 4, height)
  return (
    <svg className={`spark ${tone}`} width={width} height={24} viewBox={`-2 -2 ${width} 24`} role="img" aria-label={label}>
      <title>{label}</title>
      {values.length > 1 && <polygon className="area" points={`0,${height} ${line} ${width - 4},${height}`} />}
      <polyline points={line} />
    </svg>
  )
}

interface Series {
  readonly label: string
  readonly values: readonly number[]
  readonly tone?: SeriesTone
}

interface LineChartProps {
  /** At most two. */
  readonly series: readonly Series[]
  /** Words under the first and last point, and of each day in the table. */
  readonly days: readonly string[]
  /** The result in words: "Unhealthy rooms over 14 days, now 41, of which 7 critical". */
  readonly label: string
}

/** A small chart of one or two lines with a label at the last point, three grid lines and its numbers as a table below. */
export function LineChart({ series, days, label }: LineChartProps) {
  const { t } = useTranslation()
  const format = useFormat()
  const most = niceTop(Math.max(1, ...series.flatMap((s) => s.values)))
  const width = 440
  const height = 96
  // Room at the right for the label of the last point; 11 px letters are about 6.5 wide.
  const margin = 20 + 6.5 * Math.max(...series.map((s) => s.label.length + format.number(s.values.at(-1) ?? 0).length + 1))
  return (
    <figure>
      <svg className="chart" viewBox={`-36 -10 ${width + 36 + margin} ${height + 32}`} role="img" aria-label={label}>
        <title>{label}</title>
        {[0, 0.5, 1].map((part) => (
          <g key={part}>
            <line x1={0} x2={width} y1={height * (1 - part)} y2={height * (1 - part)} />
            <text x={-6} y={height * (1 - part) + 4} textAnchor="end">
              {format.number(most * part)}
            </text>
          </g>
        ))}
        {series.map((s) => {
          const line = pointsOf(s.values, width, height, most)
          const last = s.values.at(-1) ?? 0
          return (
            <g key={s.label} className={`spark ${s.tone ?? 'brand'}`}>
              <polygon className="area" points={`0,${height} ${line} ${width},${height}`} />
              <polyline points={line} />
              <text className="v" x={width + 6} y={height - (last / most) * height + 4}>
                {format.number(last)} {s.label}
              </text>
            </g>
          )
        })}
        <text x={0} y={height + 18}>
          {days[0]}
        </text>
        <text x={width} y={height + 18} textAnchor="end">
          {days.at(-1)}
        </text>
      </svg>
      <ShowAsTable>
        <table className="small">
          <caption className="unseen">{label}</caption>
          <thead>
            <tr>
              <th scope="col">{t('kit.day')}</th>
              {series.map((s) => (
                <th key={s.label} scope="col" className="r">
                  {s.label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {days.map((day, i) => (
              <tr key={day}>
                <th scope="row">{day}</th>
                {series.map((s) => (
                  <td key={s.label} className="r">
                    {format.number(s.values[i] ?? 0)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ShowAsTable>
    </figure>
  )
}

/** A round number at or above the largest value, even, so that its half is whole. */
export function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  for (const step of [1, 2, 4, 6, 8, 10]) {
    const top = step * power
    if (top >= value && (top % 2 === 0 || top === 1)) return Math.max(2, top)
  }
  return 10 * power
}

/** What a drawing shows, as a table that can be opened below it. */
export function ShowAsTable({ children }: { children: ReactNode }) {
  const { t } = useTranslation()
  return (
    <details className="astable">
      <summary>{t('kit.showAsTable')}</summary>
      {children}
    </details>
  )
}
