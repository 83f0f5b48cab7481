import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { PageLink, useGo } from '../kit/address'
import { isOld } from '../kit/fresh'
import { IconRoomGroups, IconRooms } from '../kit/icons'
import { customerFilter } from '../kit/list/customers'
import { ListPage } from '../kit/list/ListPage'
import type { Ask, Column, Command, Filter, ListSpec } from '../kit/list/spec'
import { useCan } from '../kit/rights'
import { usePlace } from '../kit/scope'
import { healths, StatusGlyph } from '../kit/status'
import { When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { parts, seats } from './ask'
import { HealthText, IncidentCounts, productOf } from './cells'
import { RoomDetails } from './details'
import { useGroupName } from './groups.queries'
import { seenAt } from './known'
import { roomPages, useAround, type Room, type RoomFacets, type RoomPage } from './queries'
import './rooms.css'

/** The rooms that one sees, worst first (screens.md 4.4). */
export function Page() {
  const { t } = useTranslation('rooms')
  const { t: common } = useTranslation()
  const format = useFormat()
  const { ask, counts, facets, late } = useAround()
  const columns = useColumns()
  const filters = useFilters(ask, facets)
  const commands = useCommands()
  const spec = useMemo(
    (): ListSpec<Room, RoomPage> => ({
      ...parts,
      title: t('title'),
      permission: 'rooms.view',
      count: (first) => (first?.total === undefined ? undefined : format.number(first.total)),
      tabs: [
        { value: '', label: t('all'), count: counts?.total },
        ...healths.map((health) => ({ value: health, label: common(`status.${health}`), count: counts?.[health] })),
      ],
      columns,
      filters,
      commands,
      page: roomPages,
      row: (room) => ({ id: room.id, customer: room.customerId, label: room.name }),
      quiet: (room) => isOld(room.dataAt, Date.now()),
      details: RoomDetails,
      paneWidth: 520,
      empty: { icon: IconRooms, text: t('none') },
      footer: (shown) => t('count', { count: shown, shown: format.number(shown) }),
      late:
        late > 0 ? (
          <PageLink className="late" page="collection">
            {t('late', { count: late, shown: format.number(late) })}
          </PageLink>
        ) : undefined,
    }),
    [t, common, format, counts, columns, filters, commands, late],
  )
  return <ListPage spec={spec} />
}

function useCommands(): readonly Command<Room>[] {
  const { t } = useTranslation('rooms')
  const go = useGo()
  const seesGroups = useCan()('groups.view')
  return useMemo(
    () => (seesGroups ? [{ id: 'groups', label: t('groups.title'), icon: IconRoomGroups, run: () => go('groups') }] : []),
    [t, go, seesGroups],
  )
}

function useColumns(): readonly Column<Room>[] {
  const { t } = useTranslation('rooms')
  const format = useFormat()
  return useMemo(
    (): readonly Column<Room>[] => [
      { id: 'health', head: t('health'), width: 188, sort: 'health', cell: (r) => <HealthText room={r} /> },
      {
        id: 'name',
        head: t('room'),
        flex: 190,
        sort: 'name',
        cell: (r) => (
          <span className="el" title={[r.name, r.building].filter(Boolean).join(', ')}>
            {r.name} <span className="mut">{r.building}</span>
          </span>
        ),
      },
      { id: 'customer', head: t('customer'), width: 140, onlyAll: true, hide: 5, cell: (r) => <span className="el">{r.customerName}</span> },
      { id: 'city', head: t('city'), width: 104, hide: 4, cell: (r) => <span className="el">{r.city}</span> },
      { id: 'product', head: t('product'), width: 176, hide: 3, cell: (r) => <span className="el">{productOf(r)}</span> },
      {
        id: 'capacity',
        head: t('seats'),
        width: 64,
        align: 'end',
        hide: 2,
        cell: (r) => (r.capacity > 0 ? format.number(r.capacity) : <span className="mut">–</span>),
      },
      {
        id: 'incidents',
        head: t('incidents'),
        width: 96,
        align: 'end',
        sort: 'incidents',
        descending: true,
        cell: (r) => <IncidentCounts counts={r.incidents} />,
      },
      { id: 'seen', head: t('seenShort'), name: t('seen'), width: 92, align: 'end', sort: 'lastSeen', cell: (r) => <When at={seenAt(r)} as="age" /> },
      { id: 'data', head: t('data'), name: t('dataLong'), width: 92, align: 'end', hide: 1, cell: (r) => <When at={r.dataAt} as="age" /> },
    ],
    [t, format],
  )
}

/** The pills, with the values that occur; a chosen value stays even when nothing has it any more. */
function useFilters(ask: Ask, facets: RoomFacets | undefined): readonly Filter[] {
  const { t } = useTranslation('rooms')
  const { t: common } = useTranslation()
  const format = useFormat()
  const { me } = usePlace()
  const group = useGroupFilter(ask, facets)
  return useMemo((): readonly Filter[] => {
    return [
      customerFilter(t('customer'), facets?.customers ?? [], ask, me),
      { id: 'building', label: t('building'), options: facets?.buildings ?? [] },
      ...group,
      {
        id: 'severity',
        label: t('severity'),
        options: (['critical', 'important', 'warning'] as const).map((s) => ({ value: s, label: common(`status.${s}`), glyph: <StatusGlyph status={s} /> })),
      },
      { id: 'maker', label: t('maker'), options: facets?.makers ?? [] },
      {
        id: 'country',
        label: t('country'),
        extra: true,
        options: (facets?.countries ?? []).map((c) => ({ ...c, label: format.country(c.value) })),
      },
      { id: 'city', label: t('city'), extra: true, options: facets?.cities ?? [] },
      { id: 'model', label: t('model'), extra: true, options: facets?.models ?? [] },
      {
        id: 'capacity',
        label: t('seats'),
        extra: true,
        single: true,
        options: seats.map((range) => {
          const [from, to] = range.split('-')
          return { value: range, label: to === '' ? t('seatsFrom', { from }) : t('seatsRange', { from, to }) }
        }),
      },
    ]
  }, [t, common, format, me, ask, facets, group])
}

/** The groups are those of one customer: without one there is nothing to choose. A chosen one that no room here has keeps its name. */
function useGroupFilter(ask: Ask, facets: RoomFacets | undefined): readonly Filter[] {
  const { t } = useTranslation('rooms')
  const place = usePlace()
  const can = useCan()
  const customer = place.customer === 'all' ? ask.filters['customer']?.[0] : place.customer
  const chosen = ask.filters['group']
  const lacking = facets === undefined ? undefined : chosen?.find((id) => !facets.groups.some((known) => known.value === id))
  const sees = customer !== undefined && can('groups.view', customer)
  const name = useGroupName(customer, sees ? lacking : undefined)
  const shown = chosen !== undefined || sees
  return useMemo(() => {
    if (!shown) return []
    const rest = lacking === undefined || name === undefined ? [] : [{ value: lacking, label: name }]
    return [{ id: 'group', label: t('groups.one'), options: [...(facets?.groups ?? []), ...rest] }]
  }, [t, shown, facets, lacking, name])
}
