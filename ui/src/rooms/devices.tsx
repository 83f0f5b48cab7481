import { useTranslation } from 'react-i18next'
import { Code } from '../kit/details/CopyButton'
import { Fact, Facts, Section } from '../kit/details/Facts'
import { Loaded } from '../kit/Failure'
import { isOld } from '../kit/fresh'
import { useDeviceKind } from '../kit/signal'
import { StatusText } from '../kit/status'
import { useNow, When } from '../kit/When'
import { productOf } from './cells'
import { deviceSeenAt } from './known'
import { NotHeard } from './overview'
import { useRoomDevices, useRoomSignals, type ManagedDevice, type RoomDetail, type RoomDevice } from './queries'

/** Microsoft's words for the health of a device, as ours; another word is one that nobody can judge yet. */
const statusOf: Readonly<Record<string, 'healthy' | 'warning' | 'critical' | 'offline'>> = {
  healthy: 'healthy',
  nonUrgent: 'warning',
  critical: 'critical',
  offline: 'offline',
}

/** The devices of a room, as Microsoft reports them. */
export function DevicesTab({ room }: { room: RoomDetail }) {
  const { t } = useTranslation('rooms')
  const devices = useRoomDevices(room.id)
  const signals = useRoomSignals(room.id).data?.items
  return (
    <>
      <NotHeard room={room} />
      <Loaded query={devices} lines={8}>
        {({ items: list, managed, managedAt }) =>
          list.length + managed.length === 0 ? (
            <p className="mut">{t('noDevices')}</p>
          ) : (
            <div className="stack-l">
              {list.map((device) => (
                <Device
                  key={device.id}
                  device={device}
                  seen={signals && deviceSeenAt(signals, device.id, room)}
                  silent={signals?.some((s) => s.deviceId === device.id && s.signal === 'no-telemetry' && s.state === 'bad') === true}
                  dataAt={room.dataAt}
                />
              ))}
              {managed.length > 0 && <Managed list={managed} at={managedAt} />}
            </div>
          )
        }
      </Loaded>
    </>
  )
}

interface DeviceProps {
  readonly device: RoomDevice
  readonly seen: string | undefined
  readonly silent: boolean
  readonly dataAt: string | undefined
}

function Device({ device, seen, silent, dataAt }: DeviceProps) {
  const { t } = useTranslation('rooms')
  const kind = useDeviceKind()(device.kind)
  const now = useNow()
  const known = !silent && !isOld(dataAt, now)
  const product = productOf(device)
  return (
    <Section title={product === '' ? kind : product} note={product === '' ? undefined : kind}>
      <Facts>
        <Fact label={t('state')}>{known ? <DeviceState health={device.health} /> : <StatusText status="unmonitored">{t('notKnown')}</StatusText>}</Fact>
        <Fact label={t('activity')}>{known && <Activity word={device.activity} />}</Fact>
        <Fact label={t('deviceSeen')}>{seen !== undefined && <When at={seen} />}</Fact>
        <Fact label={t('serial')}>{device.serial !== '' && <Code copy>{device.serial}</Code>}</Fact>
        <Fact label={t('assetTag')}>{device.assetTag !== '' && <Code copy>{device.assetTag}</Code>}</Fact>
        <Fact label={t('appVersion')}>{device.appVersion}</Fact>
        <Fact label={t('osVersion')}>{device.osVersion}</Fact>
        <Fact label={t('firmware')}>{device.firmware}</Fact>
        <Fact label={t('changed')}>
          <When at={device.changedAt} />
        </Fact>
      </Facts>
    </Section>
  )
}

/** What Intune says of the room's devices while they cannot be read: facts, named as Intune's. */
function Managed({ list, at }: { list: readonly ManagedDevice[]; at: string | undefined }) {
  const { t } = useTranslation('rooms')
  return (
    <>
      <p className="sec">
        {t('managed.text')} {t('managed.asked')} <When at={at} />.
      </p>
      {list.map((device) => (
        <Section
          key={`${device.name} ${device.serial}`}
          title={device.name === '' ? t('managed.device') : device.name}
          note={[t('managed.title'), productOf(device)].filter((part) => part !== '').join(', ')}
        >
          <Facts>
            <Fact label={t('managed.os')}>{[device.os, device.osVersion].filter((part) => part !== '').join(' ')}</Fact>
            <Fact label={t('managed.synced')}>{device.lastSyncAt && <When at={device.lastSyncAt} />}</Fact>
            <Fact label={t('managed.compliance')}>{t(`managed.complies.${device.compliance}`)}</Fact>
            <Fact label={t('serial')}>{device.serial !== '' && <Code copy>{device.serial}</Code>}</Fact>
            <Fact label={t('managed.foundBy')}>{t(`managed.by.${device.foundBy}`)}</Fact>
          </Facts>
        </Section>
      ))}
    </>
  )
}

function DeviceState({ health }: { health: string }) {
  const { t } = useTranslation('rooms')
  const status = statusOf[health]
  if (status === undefined) return <StatusText status="unmonitored">{t('notKnown')}</StatusText>
  return <StatusText status={status}>{t(`deviceHealth.${status}`)}</StatusText>
}

const activities = ['busy', 'idle', 'unavailable'] as const

function Activity({ word }: { word: string }) {
  const { t } = useTranslation('rooms')
  const known = activities.find((a) => a === word)
  return known === undefined ? null : t(`activities.${known}`)
}
