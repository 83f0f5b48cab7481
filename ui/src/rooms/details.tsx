import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useGo } from '../kit/address'
import { DetailsPane } from '../kit/details/DetailsPane'
import { IconIncidents, IconRestart } from '../kit/icons'
import type { DetailsCommand } from '../kit/details/spec'
import type { DetailsProps } from '../kit/list/spec'
import { useCan } from '../kit/rights'
import { StatusGlyph } from '../kit/status'
import { useNow } from '../kit/When'
import { ActivityTab } from './actions'
import { DevicesTab } from './devices'
import { healthOf } from './known'
import { OverviewTab } from './overview'
import { useRoom, type Room } from './queries'
import { RestartDialog, useRestartRefusal } from './restart'
import { SignalsTab } from './signals'

/** One room beside the list. */
export function RoomDetails({ id, row }: DetailsProps<Room>) {
  const { t } = useTranslation('rooms')
  const query = useRoom(id)
  const may = useCan()
  const go = useGo()
  const now = useNow()
  const detail = query.data
  const [restarting, setRestarting] = useState(false)
  const refusal = useRestartRefusal(detail)
  const room = detail ?? row
  const health = room === undefined ? undefined : healthOf(room, now)
  const place = room === undefined ? [] : [room.customerName, room.building, room.floor === '' ? '' : t('floorOf', { floor: room.floor })]
  if (room !== undefined && room.capacity > 0) place.push(t('seatsOf', { count: room.capacity }))
  const commands: DetailsCommand[] = []
  if (detail !== undefined)
    commands.push({
      id: 'restart',
      label: t(detail.acting.waits ? 'actions.request' : 'actions.restart'),
      icon: IconRestart,
      disabledReason: refusal,
      run: () => setRestarting(true),
    })
  if (room !== undefined && may('tickets.view', room.customerId))
    commands.push({ id: 'incidents', label: t('itsIncidents'), icon: IconIncidents, run: () => go('incidents', { room: id, state: 'all', severity: '' }) })
  return (
    <>
    <DetailsPane
      query={query}
      glyph={health && <StatusGlyph status={health === 'not-known' ? 'unmonitored' : health} large />}
      title={room?.name ?? ''}
      subtitle={place.filter((part) => part !== '').join(', ')}
      commands={commands}
      tabs={
        detail && [
          { value: 'overview', label: t('overview'), content: () => <OverviewTab room={detail} /> },
          { value: 'devices', label: t('devices'), count: detail.devices, content: () => <DevicesTab room={detail} /> },
          { value: 'signals', label: t('signals'), content: () => <SignalsTab room={detail} /> },
          { value: 'activity', label: t('actions.tab'), content: () => <ActivityTab id={detail.id} /> },
        ]
      }
    />
    {detail && <RestartDialog room={detail} open={restarting} onClose={() => setRestarting(false)} />}
    </>
  )
}
