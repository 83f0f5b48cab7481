import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { PageLink } from '../kit/address'
import { isOld } from '../kit/fresh'
import { IconRooms } from '../kit/icons'
import { ListPage } from '../kit/list/ListPage'
import type { Ask, Column, Filter, FilterOption, ListSpec } from '../kit/list/spec'
import { usePlace } from '../kit/scope'
import { healths, StatusGlyph } from '../kit/status'
import { When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { parts, seats } from './ask'
import { HealthText, IncidentCounts, productOf } from './cells'
import { RoomDetails } from './details'
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
    [t, common, format, counts, columns, filters, late],
  )
  return <ListPage spec={spec} />
}

function useColumns(): readonly Column<Room>[] {
  const { t } = useTranslation('rooms')
  const format = useFormat()
  return useMemo(
    (): readonly Column<Room>[] => [
      { id: 'health', head: t('health'), width: 160, sort: 'health', cell: (r) => <HealthText room={r} /> },
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
  return useMemo((): readonly Filter[] => {
    const customers = (facets?.customers ?? []) as readonly FilterOption[]
    const missing = me.holdings.filter((h) => ask.filters['customer']?.includes(h.customerId) && !customers.some((c) => c.value === h.customerId))
    return [
      {
        id: 'customer',
        label: t('customer'),
        onlyAll: true,
        single: true,
        options: [...customers, ...missing.map((h) => ({ value: h.customerId, label: h.customerName }))],
      },
      { id: 'building', label: t('building'), options: facets?.buildings ?? [] },
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
  }, [t, common, format, me, ask, facets])
}
