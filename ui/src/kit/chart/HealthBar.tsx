import { useTranslation } from 'react-i18next'
import { useFormat } from '../../text/i18n'
import { healths, type Health } from '../status'

const fillOf: Record<Health, string> = {
  unhealthy: 'f-un',
  offline: 'f-off',
  unmonitored: 'f-unm',
  suppressed: 'f-sup',
  onboarding: 'f-onb',
  healthy: 'f-ok',
}

const barWidth = 1000

/** Rooms by health on one line, worst first; each part at least visible. The numbers stand beside it, and in its name. */
export function HealthBar({ counts, label }: { counts: Partial<Record<Health, number>>; label?: string }) {
  const { t } = useTranslation()
  const format = useFormat()
  const parts = healths.flatMap((health) => {
    const count = counts[health] ?? 0
    return count > 0 ? [{ health, count }] : []
  })
  const words = parts.map(({ health, count }) => `${format.number(count)} ${t(`status.${health}`)}`).join(', ')
  const total = parts.reduce((sum, p) => sum + p.count, 0)
  const least = 12
  // Parts that would vanish get the least width; the others share what remains.
  const small = parts.filter((p) => (p.count / total) * barWidth < least)
  const rest = barWidth - small.length * least
  const large = total - small.reduce((sum, p) => sum + p.count, 0)
  let x = 0
  return (
    <svg className="hb" viewBox={`0 0 ${barWidth} 8`} preserveAspectRatio="none" role="img" aria-label={label ?? words}>
      <title>{words}</title>
      <defs>
        <pattern id="rw-hatch" width="16" height="8" patternUnits="userSpaceOnUse">
          <rect className="hatch-ground" width="16" height="8" />
          <path className="hatch-line" d="M0 8 L8 0 M8 8 L16 0" />
        </pattern>
      </defs>
      {parts.map((p) => {
        const width = small.includes(p) ? least : (p.count / large) * rest
        const at = x
        x += width
        return <rect key={p.health} x={at} y={0} width={Math.max(1, width - 2)} height={8} className={`hp ${fillOf[p.health]}`} />
      })}
    </svg>
  )
}

/** What the fills of the health bar mean. */
export function HealthLegend({ only = healths }: { only?: readonly Health[] }) {
  const { t } = useTranslation()
  return (
    <span className="legend">
      {only.map((health) => (
        <span key={health}>
          <i className={fillOf[health]} />
          {t(`status.${health}`)}
        </span>
      ))}
    </span>
  )
}
