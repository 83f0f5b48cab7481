import { useTranslation } from 'react-i18next'
import { Button } from '../kit/Button'
import { Timeline } from '../kit/details/Facts'
import { Loaded } from '../kit/Failure'
import { IconCheckFilled, IconHistory, IconIncidents, IconTarget, IconWarning16, type Icon } from '../kit/icons'
import { useStatusWord } from '../kit/status'
import { useHistory, type IncidentEvent } from './queries'

/** Everything that happened to an incident: all its openings, newest first. */
export function HistoryTab({ id }: { id: string }) {
  const { t } = useTranslation('incidents')
  const query = useHistory(id)
  return (
    <Loaded query={query} lines={6}>
      {({ pages }) => (
        <>
          <Events events={pages.flatMap((page) => page.items)} />
          {query.hasNextPage && (
            <div>
              <Button small busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                {t('earlier')}
              </Button>
            </div>
          )}
        </>
      )}
    </Loaded>
  )
}

const icons: Record<IncidentEvent['kind'], Icon> = {
  opened: IconTarget,
  activated: IconIncidents,
  resolved: IconCheckFilled,
  reactivated: IconHistory,
  closed: IconCheckFilled,
  severity: IconWarning16,
}

/** Events as sentences. */
export function Events({ events }: { events: readonly IncidentEvent[] }) {
  const { t } = useTranslation('incidents')
  const say = useEvent()
  if (events.length === 0) return <p className="mut">{t('noEvents')}</p>
  return (
    <Timeline
      items={events.map((event) => ({
        id: event.id,
        at: event.at,
        icon: icons[event.kind],
        children: event.by === '' ? say(event) : t('eventBy', { what: say(event), who: event.by }),
      }))}
    />
  )
}

/** One event in words. `detail` is what app/incidents/derive.go writes. */
function useEvent(): (event: IncidentEvent) => string {
  const { t } = useTranslation('incidents')
  const word = useStatusWord()
  return ({ kind, detail }) => {
    if (kind === 'severity') {
      const [from, to] = detail.split('>')
      return t('events.severity', { from: word(from ?? ''), to: word(to ?? '') })
    }
    if (kind === 'closed' && detail === 'never-active') return t('events.closedNeverActive')
    if (kind === 'closed' && detail === 'device-gone') return t('events.closedDeviceGone')
    return t(`events.${kind}`)
  }
}
