import { useTranslation } from 'react-i18next'
import { PageLink, useGo } from '../kit/address'
import { DetailsPane } from '../kit/details/DetailsPane'
import { IconRooms } from '../kit/icons'
import type { DetailsProps } from '../kit/list/spec'
import { useCan } from '../kit/rights'
import { StatusGlyph } from '../kit/status'
import { HistoryTab } from './history'
import { OverviewTab } from './overview'
import { useIncident, type Incident } from './queries'
import { useFault } from './signals'

/** One incident beside the list. */
export function IncidentDetails({ id, row }: DetailsProps<Incident>) {
  const { t } = useTranslation('incidents')
  const query = useIncident(id)
  const may = useCan()
  const go = useGo()
  const fault = useFault()
  const detail = query.data
  const incident = detail ?? row
  const seesRoom = incident !== undefined && may('rooms.view', incident.customerId)
  return (
    <DetailsPane
      query={query}
      glyph={incident && <StatusGlyph status={incident.severity} large />}
      title={incident === undefined ? '' : fault(incident.signal).title}
      subtitle={incident && <Where incident={incident} linked={seesRoom} />}
      commands={seesRoom ? [{ id: 'room', label: t('openRoom'), icon: IconRooms, run: () => go('rooms', { open: incident.roomId }) }] : []}
      tabs={
        detail && [
          { value: 'overview', label: t('overview'), content: () => <OverviewTab incident={detail} /> },
          { value: 'history', label: t('history'), content: () => <HistoryTab id={id} /> },
        ]
      }
    />
  )
}

/** The room, which links to its details; below it building, city, customer. */
function Where({ incident, linked }: { incident: Incident; linked: boolean }) {
  const rest = [incident.building, incident.city, incident.customerName].filter((part) => part !== '').join(', ')
  return (
    <>
      <div>
        {linked ? (
          <PageLink page="rooms" search={{ open: incident.roomId }}>
            {incident.roomName}
          </PageLink>
        ) : (
          incident.roomName
        )}
      </div>
      <div>{rest}</div>
    </>
  )
}
