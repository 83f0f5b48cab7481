import { useTranslation } from 'react-i18next'
import { PageLink, useSetSearch } from '../kit/address'
import { DayStrip } from '../kit/chart/DayStrip'
import { Code } from '../kit/details/CopyButton'
import { Fact, Facts, Section, Steps } from '../kit/details/Facts'
import { SmallTable } from '../kit/details/SmallTable'
import { isOld } from '../kit/fresh'
import { Message } from '../kit/Message'
import { useDeviceKind, useReading } from '../kit/signal'
import { StatusGlyph, StatusText } from '../kit/status'
import { useNow, When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { daysOf, openDays } from './days'
import { Events } from './history'
import type { Incident, IncidentDetail } from './queries'
import { useFault } from './signals'
import { StateTag } from './state'

/** What is wrong, since when, what to do, and whether it is only this room. */
export function OverviewTab({ incident }: { incident: IncidentDetail }) {
  const { t } = useTranslation('incidents')
  const { t: common } = useTranslation()
  const format = useFormat()
  const setSearch = useSetSearch()
  const fault = useFault()(incident.signal)
  const reading = useReading()(incident.value)
  const kind = useDeviceKind()(incident.device.kind)
  const now = useNow()
  const over = incident.state === 'resolved' || incident.state === 'closed'
  const days = openDays(incident)
  return (
    <>
      {isOld(incident.dataAt, now) && (
        <Message
          tone="warning"
          title={
            incident.dataAt === undefined
              ? t('neverRead', { customer: incident.customerName })
              : t('oldSince', { customer: incident.customerName, time: format.moment(incident.dataAt) })
          }
        >
          {t('lastKnown')}
        </Message>
      )}
      <p>{fault.means}</p>
      <Facts>
        <Fact label={t('state')}>
          <span className="row">
            <StateTag state={incident.state} />
            <span className="mut sm">
              <When at={sinceOf(incident)} as="moment" />
            </span>
          </span>
        </Fact>
        <Fact label={t('severity')}>
          <StatusText status={incident.severity} />
        </Fact>
        <Fact label={t('openedAt')}>
          <When at={incident.openedAt} as="moment" />
        </Fact>
        <Fact label={t('resolvedAt')}>{incident.resolvedAt !== undefined && <When at={incident.resolvedAt} as="moment" />}</Fact>
        <Fact label={t('closedAt')}>{incident.closedAt !== undefined && <When at={incident.closedAt} as="moment" />}</Fact>
        <Fact label={t('reported')}>{reading}</Fact>
        <Fact label={t('device')}>{[kind, product(incident)].filter((part) => part !== '').join(', ')}</Fact>
        <Fact label={t('category')}>{common(`device.category.${incident.category}`)}</Fact>
        <Fact label={t('number')}>
          <Code copy>{incident.number}</Code>
        </Fact>
        <Fact label={t('dataLong')}>
          <When at={incident.dataAt} as="moment" />
        </Fact>
      </Facts>
      {!over && (
        <Section title={t('whatToDo')}>
          <Steps items={[...fault.steps, t('byItself')]} />
        </Section>
      )}
      <Section title={t('days')} note={t('daysTimes', { count: incident.openings, days: t('daysOpen', { count: days }) })}>
        <DayStrip
          wide
          days={daysOf(incident)}
          label={t('daysOpen', { count: days })}
          from={format.dayMonth(Date.parse(incident.asOf) - 29 * 24 * 3_600_000)}
          to={t('today')}
        />
      </Section>
      <SameSite incident={incident} />
      <Section
        title={t('latest')}
        action={
          <button type="button" className="link" onClick={() => setSearch({ tab: 'history' })}>
            {t('fullHistory')}
          </button>
        }
      >
        <Events events={incident.latest} />
      </Section>
    </>
  )
}

function product({ device: { maker, model } }: Incident): string {
  return model.startsWith(maker) ? model : [maker, model].filter((word) => word !== '').join(' ')
}

/** Since when an incident is in its state, as far as the server says. */
function sinceOf(incident: Incident): string {
  switch (incident.state) {
    case 'closed':
      return incident.closedAt ?? incident.openedAt
    case 'resolved':
      return incident.resolvedAt ?? incident.openedAt
    case 'active':
      return incident.activatedAt ?? incident.openedAt
    default:
      return incident.openedAt
  }
}

/** The first question is always: only this room, or all? */
function SameSite({ incident }: { incident: IncidentDetail }) {
  const { t } = useTranslation('incidents')
  const fault = useFault()
  const format = useFormat()
  const { building, sameSite } = incident
  if (building === '') return null
  const { rooms, unhealthyRooms, openIncidents, incidents } = sameSite
  return (
    <Section
      title={t('sameSite', { building })}
      note={rooms > 0 ? t('unhealthyOf', { count: unhealthyRooms, shown: format.number(unhealthyRooms), rooms: format.number(rooms) }) : undefined}
    >
      <SmallTable<Incident>
        caption={t('sameSite', { building })}
        rows={incidents}
        keyOf={(other) => other.id}
        empty={t('noOthers')}
        columns={[
          {
            id: 'incident',
            head: t('incident'),
            weight: 5,
            cell: (other) => (
              <span className="cell">
                <StatusGlyph status={other.severity} />
                <PageLink className="el" page="incidents" search={{ open: other.id }}>
                  {fault(other.signal).title}
                </PageLink>
              </span>
            ),
          },
          { id: 'room', head: t('room'), weight: 4, cell: (other) => other.roomName },
          { id: 'open', head: t('open'), align: 'end', weight: 2, cell: (other) => <When at={other.openedAt} as="age" /> },
        ]}
      />
      {openIncidents > incidents.length && (
        <p>
          <PageLink page="incidents" search={{ building, severity: '' }}>
            {t('allOthers', { shown: format.number(openIncidents) })}
          </PageLink>
        </p>
      )}
    </Section>
  )
}
