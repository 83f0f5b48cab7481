import { useTranslation } from 'react-i18next'
import { PageLink } from '../kit/address'
import { Code } from '../kit/details/CopyButton'
import { Fact, Facts, Section } from '../kit/details/Facts'
import { Loaded } from '../kit/Failure'
import { Message } from '../kit/Message'
import { useCan } from '../kit/rights'
import { useDeviceKind, useReading, useSignalName } from '../kit/signal'
import { StatusGlyph, Tag } from '../kit/status'
import { useNow, When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { HealthText, productOf } from './cells'
import { knownUntil, presenceOf, seenAt, signalsUntil, wrongOf } from './known'
import { useRoomSignals, type RoomDetail, type RoomSignal } from './queries'

/** What is the matter with a room, where it stands, and how old all that is. */
export function OverviewTab({ room }: { room: RoomDetail }) {
  const { t } = useTranslation('rooms')
  const format = useFormat()
  const signals = useRoomSignals(room.id)
  const may = useCan()
  const now = useNow()
  const until = signals.data === undefined ? knownUntil(room, now) : signalsUntil(room, signals.data.items, now)
  const bad = signals.data?.items.filter((s) => s.state === 'bad' && (s.severity === 'critical' || s.severity === 'important')) ?? []
  const since = bad.map((s) => s.since).sort()[0]
  return (
    <>
      <NotHeard room={room} />
      <Facts>
        <Fact label={t('health')}>
          <HealthText room={room} />
        </Fact>
        <PresenceFacts room={room} />
        <Fact label={t('wrongSince')}>{room.health === 'unhealthy' && since !== undefined && <When at={since} />}</Fact>
        <Fact label={t('seen')}>
          <When at={seenAt(room)} />
        </Fact>
        <Fact label={t('dataLong')}>
          <When at={room.dataAt} as="moment" />
        </Fact>
        <Fact label={t('watchedSince')}>
          <When at={room.watchedSince} as="moment" />
        </Fact>
      </Facts>
      <Section title={t(until === undefined ? 'wrong' : 'wrongLast')}>
        <Loaded query={signals} lines={3}>
          {(data) => {
            const wrong = wrongOf(data)
            if (data.items.length === 0 && room.health === 'unmonitored') return <p className="mut">{t('wrongUnknown')}</p>
            if (wrong.length === 0) return <p className="mut">{t(until === undefined ? 'nothingWrong' : 'nothingWrongLast')}</p>
            return (
              <ul>
                {wrong.map((s) => (
                  <WrongSignal key={`${s.deviceId} ${s.signal}`} signal={s} />
                ))}
              </ul>
            )
          }}
        </Loaded>
      </Section>
      <Section title={t('place')}>
        <Facts>
          <Fact label={t('customer')}>{room.customerName}</Fact>
          <Fact label={t('building')}>{room.building}</Fact>
          <Fact label={t('floor')}>{room.floor}</Fact>
          <Fact label={t('label')}>{room.label}</Fact>
          <Fact label={t('city')}>{[room.city, room.country === '' ? '' : format.country(room.country)].filter(Boolean).join(', ')}</Fact>
          <Fact label={t('seats')}>{room.capacity > 0 && format.number(room.capacity)}</Fact>
          <Fact label={t('account')}>{room.email !== '' && <Code copy>{room.email}</Code>}</Fact>
          <Fact label={t('product')}>{productOf(room)}</Fact>
          <Fact label={t('groups.title')}>{room.groups !== undefined && <InGroups room={room} groups={room.groups} />}</Fact>
        </Facts>
        {may('roles.view', room.customerId) && (
          <p className="rm-who">
            <PageLink page="check-access" customer={room.customerId} search={{ room: room.id }}>
              {t('whoMay')}
            </PageLink>
          </p>
        )}
      </Section>
    </>
  )
}

/** What Teams says of the room's account, since when, and of when that is. */
function PresenceFacts({ room }: { room: RoomDetail }) {
  const { t } = useTranslation('rooms')
  const format = useFormat()
  const presence = presenceOf(room, useNow())
  if (presence === undefined) return null
  return (
    <>
      <Fact label={t('presence.said')}>
        {t(`presence.states.${presence.state}`)} <span className="mut">{t('presence.since', { time: format.moment(presence.since) })}</span>
      </Fact>
      <Fact label={t('presence.asked')}>
        <When at={presence.asOf} />
      </Fact>
    </>
  )
}

/** The groups that the room is in; who may not see groups is not told. */
function InGroups({ room, groups }: { room: RoomDetail; groups: NonNullable<RoomDetail['groups']> }) {
  const { t } = useTranslation('rooms')
  if (groups.length === 0) return <span className="mut">{t('groups.inNone')}</span>
  return (
    <ul>
      {groups.map((group) => (
        <li key={group.id}>
          <PageLink page="groups" customer={room.customerId} search={{ open: group.id }}>
            {group.name}
          </PageLink>
        </li>
      ))}
    </ul>
  )
}

/** Why what follows may not be so any more. */
export function NotHeard({ room }: { room: RoomDetail }) {
  const { t } = useTranslation('rooms')
  const format = useFormat()
  const now = useNow()
  const until = knownUntil(room, now)
  const time = until === undefined ? undefined : format.moment(until)
  const title = () => {
    if (room.health === 'offline') return time === undefined ? t('offline') : t('offlineSince', { time })
    if (room.health === 'unmonitored') return time === undefined ? t('silent') : t('silentSince', { time })
    return time === undefined ? undefined : t('oldSince', { customer: room.customerName, time })
  }
  if (room.health === 'onboarding') return <Message>{t('onboarding')}</Message>
  if (presenceOf(room, now) !== undefined)
    return (
      <Message tone="warning" title={t('presence.title')}>
        {t('presence.text')}
      </Message>
    )
  const said = title()
  if (said === undefined) return null
  return (
    <Message tone="warning" title={said}>
      {t('lastKnown')}
    </Message>
  )
}

function WrongSignal({ signal }: { signal: RoomSignal }) {
  const { t } = useTranslation('rooms')
  const name = useSignalName()(signal.signal)
  const kind = useDeviceKind()(signal.deviceKind)
  const reading = useReading()(signal.value)
  return (
    <li className="rm-wrong">
      <StatusGlyph status={signal.severity} />
      <span className="row">
        {signal.incidentId === undefined || signal.incidentId === '' ? (
          <span className="b">{name}</span>
        ) : (
          <PageLink className="b" page="incidents" search={{ open: signal.incidentId }}>
            {name}
          </PageLink>
        )}
        {signal.incidentState === 'watching' && <Tag>{t('watching')}</Tag>}
        {signal.state === 'unknown' && <Tag tone="dashed">{t('lastKnownTag')}</Tag>}
      </span>
      <span className="mut">
        <When at={signal.since} as="age" />
      </span>
      <span />
      <span className="mut">{[kind, reading].filter((part) => part !== '').join(', ')}</span>
    </li>
  )
}
