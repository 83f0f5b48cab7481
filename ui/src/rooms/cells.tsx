import { useTranslation } from 'react-i18next'
import { severities, StatusCount, StatusText, type Severity } from '../kit/status'
import { useNow } from '../kit/When'
import { healthOf, presenceOf } from './known'
import type { Room } from './queries'

/** The health of a room in words; where it is not known any more, that, or what Teams says of its account, named as that. */
export function HealthText({ room }: { room: Pick<Room, 'health' | 'dataAt' | 'presence'> }) {
  const { t } = useTranslation('rooms')
  const now = useNow()
  const health = healthOf(room, now)
  const presence = presenceOf(room, now)
  if (presence !== undefined) return <StatusText status="unmonitored">{t(`presence.${presence.state}`)}</StatusText>
  if (health !== 'not-known') return <StatusText status={health} />
  return <StatusText status="unmonitored">{t('notKnown')}</StatusText>
}

/** Active incidents: the two worst severities, as glyph and number. */
export function IncidentCounts({ counts }: { counts: Room['incidents'] }) {
  const some = severities.flatMap((severity: Severity) => {
    const count = severity === 'recommended' ? 0 : counts[severity]
    return count > 0 ? [{ severity, count }] : []
  })
  if (some.length === 0) return <span className="mut">0</span>
  return (
    <>
      {some.slice(0, 2).map(({ severity, count }) => (
        <StatusCount key={severity} status={severity} count={count} />
      ))}
    </>
  )
}

/** Maker and model as one: "Logitech Rally Bar". */
export function productOf({ maker, model }: { maker: string; model: string }): string {
  return model.startsWith(maker) ? model : [maker, model].filter((w) => w !== '').join(' ')
}
