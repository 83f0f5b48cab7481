import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { DayStrip } from '../kit/chart/DayStrip'
import { IconIncidents } from '../kit/icons'
import { customerFilter } from '../kit/list/customers'
import { ListPage } from '../kit/list/ListPage'
import type { Ask, Column, Filter, ListSpec } from '../kit/list/spec'
import { usePlace } from '../kit/scope'
import { categories } from '../kit/signal'
import { severities, StatusGlyph } from '../kit/status'
import { When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { parts, tabOf, tabs, type Tab } from './ask'
import { daysOf, openDays } from './days'
import { IncidentDetails } from './details'
import { incidentPages, useAround, type Incident, type IncidentFacets, type IncidentPage } from './queries'
import { useFault } from './signals'
import { StateTag } from './state'

/** The work queue over all customers: the top row is the next thing to do (screens.md 4.3). */
export function Page() {
  const { t } = useTranslation('incidents')
  const format = useFormat()
  const { ask, counts, facets, room } = useAround()
  const columns = useColumns(tabOf(ask))
  const filters = useFilters(ask, facets, room)
  const fault = useFault()
  const spec = useMemo((): ListSpec<Incident, IncidentPage> => {
    const number = (tab: Tab) => (tab === 'all' ? undefined : counts?.states[tab])
    return {
      ...parts,
      title: t('title'),
      permission: 'tickets.view',
      count: (first, asked) =>
        first?.total === undefined ? undefined : t(`counts.${tabOf(asked)}`, { count: first.total, shown: format.number(first.total) }),
      tabs: tabs.map((value) => ({ value, label: t(`tabs.${value}`), count: number(value) })),
      columns,
      filters,
      page: incidentPages,
      row: (i) => ({ id: i.id, customer: i.customerId, label: `${fault(i.signal).title}, ${i.roomName}` }),
      details: IncidentDetails,
      paneWidth: 480,
      empty: { icon: IconIncidents, text: t(`empty.${tabOf(ask)}`) },
      footer: (shown) => t('count', { count: shown, shown: format.number(shown) }),
    }
  }, [t, format, ask, counts, columns, filters, fault])
  return <ListPage spec={spec} />
}

function useColumns(tab: Tab): readonly Column<Incident>[] {
  const { t } = useTranslation('incidents')
  const { t: common } = useTranslation()
  const fault = useFault()
  return useMemo(
    (): readonly Column<Incident>[] => [
      {
        id: 'incident',
        head: t('incident'),
        name: t('incidentBySeverity'),
        flex: 216,
        sort: 'severity',
        cell: (i) => (
          <>
            <StatusGlyph status={i.severity} />
            <span className="el" title={fault(i.signal).title}>
              {fault(i.signal).title}
            </span>
          </>
        ),
      },
      ...(tab === 'all' ? [{ id: 'state', head: t('state'), width: 128, hide: 5, cell: (i: Incident) => <StateTag state={i.state} /> }] : []),
      { id: 'room', head: t('room'), width: 136, cell: (i) => <span className="el">{i.roomName}</span> },
      { id: 'customer', head: t('customer'), width: 136, onlyAll: true, hide: 6, cell: (i) => <span className="el">{i.customerName}</span> },
      { id: 'site', head: t('site'), width: 128, hide: 3, cell: (i) => <span className="el">{i.building === '' ? i.city : i.building}</span> },
      { id: 'category', head: t('category'), width: 172, hide: 2, cell: (i) => <span className="el">{common(`device.category.${i.category}`)}</span> },
      { id: 'number', head: t('number'), width: 126, hide: 1, cell: (i) => <span className="mono">{i.number}</span> },
      { id: 'opened', head: t('open'), name: t('openedAt'), width: 92, align: 'end', sort: 'opened', cell: (i) => <When at={i.openedAt} as="age" /> },
      {
        id: 'days',
        head: t('days'),
        width: 118,
        hide: 4,
        cell: (i) => <DayStrip days={daysOf(i)} label={t('daysOpen', { count: openDays(i) })} />,
      },
    ],
    [t, common, fault, tab],
  )
}

/** The pills, with the values that occur; a chosen value stays even when nothing has it any more. */
function useFilters(ask: Ask, facets: IncidentFacets | undefined, room: string | undefined): readonly Filter[] {
  const { t } = useTranslation('incidents')
  const { t: common } = useTranslation()
  const fault = useFault()
  const format = useFormat()
  const { me } = usePlace()
  return useMemo((): readonly Filter[] => {
    const many = (kind: readonly string[] | undefined, value: string) => kind?.includes(value) === true
    const chosen = ask.filters['room']?.[0]
    const counted = (list: IncidentFacets['categories'] | undefined, value: string) => list?.find((f) => f.value === value)?.count
    const extra = ask.filters['signal']?.filter((s) => !many(facets?.signals.map((f) => f.value), s)) ?? []
    return [
      {
        id: 'severity',
        label: t('severity'),
        initial: ['critical', 'important'],
        options: severities.map((s) => ({ value: s, label: common(`status.${s}`), glyph: <StatusGlyph status={s} /> })),
      },
      customerFilter(t('customer'), facets?.customers ?? [], ask, me),
      {
        id: 'category',
        label: t('category'),
        options: categories.map((c) => ({ value: c, label: common(`device.category.${c}`), count: counted(facets?.categories, c) })),
      },
      {
        id: 'signal',
        label: t('signal'),
        options: [
          ...(facets?.signals ?? []).map((f) => ({ value: f.value, label: fault(f.value).title, count: f.count })),
          ...extra.map((s) => ({ value: s, label: fault(s).title })),
        ].sort((a, b) => format.compare(a.label, b.label)),
      },
      { id: 'building', label: t('building'), options: facets?.buildings ?? [] },
      { id: 'city', label: t('city'), extra: true, options: facets?.cities ?? [] },
      {
        id: 'country',
        label: t('country'),
        extra: true,
        options: (facets?.countries ?? []).map((c) => ({ ...c, label: format.country(c.value) })),
      },
      // Rooms are not offered for choice: one comes from a room's details.
      ...(chosen === undefined
        ? []
        : [{ id: 'room', label: t('room'), single: true, options: [{ value: chosen, label: room ?? t('thisRoom') }] }]),
    ]
  }, [t, common, fault, format, me, ask, facets, room])
}
