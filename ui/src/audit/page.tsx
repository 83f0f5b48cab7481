import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useEntryActor, useEntryDeed, useEntryObject } from '../kit/deed'
import { IconExport, IconHistory, IconShield } from '../kit/icons'
import { ListPage } from '../kit/list/ListPage'
import type { Command, ListSpec } from '../kit/list/spec'
import { EntryResult } from '../kit/result'
import { usePlace } from '../kit/scope'
import { useFormat } from '../text/i18n'
import { Checkpoints } from './checkpoints'
import { EntryDetails, Time } from './details'
import { AskExport } from './ask'
import { customerOf, entryPages, exportAddress, type Entry, type EntryPage } from './queries'
import { useVerify } from './verify'
import { subjects } from './words'

/** The record: newest first, by days, with the proof that it is whole. */
export function Page() {
  const { t } = useTranslation('audit')
  const format = useFormat()
  const deed = useEntryDeed()
  const actor = useEntryActor()
  const object = useEntryObject()
  const place = usePlace()
  const own = place.me.side === 'customer'
  const customer = customerOf(place)
  const verification = useVerify()
  const [asking, setAsking] = useState(false)
  const [points, setPoints] = useState(false)
  const [leftOut, setLeftOut] = useState(0)

  const spec: ListSpec<Entry, EntryPage> = useMemo(() => {
    const download = (form: 'csv' | 'jsonl'): Command<Entry> => ({
      id: form,
      label: t(`command.${form}`),
      icon: IconExport,
      download: (asked) => exportAddress(own, form, asked, customer),
    })
    const approval: Command<Entry> = { id: 'ask', label: t('command.ask'), icon: IconExport, run: () => setAsking(true) }
    const needsApproval = customer !== undefined && leftOut > 0
    return {
      word: 'audit',
      title: t(own ? 'titleOwn' : 'title'),
      sort: '',
      columns: [
        { id: 'when', head: t('column.when'), width: 88, cell: (e) => <Time at={e.at} /> },
        { id: 'who', head: t('column.who'), width: 136, cell: (e) => <span className="el">{actor(e)}</span> },
        { id: 'side', head: t('column.side'), width: 92, hide: 1, cell: (e) => <span className="sec">{t(`side.${e.side}`)}</span> },
        { id: 'did', head: t('column.did'), flex: 190, last: true, cell: (e) => <span className="el">{deed(e)}</span> },
        { id: 'on', head: t('column.on'), flex: 120, cell: (e) => <span className="el">{object(e)}</span> },
        ...(own
          ? []
          : [{ id: 'customer', head: t('column.customer'), width: 140, hide: 2, onlyAll: true, cell: (e: Entry) => <span className="el">{e.customerName}</span> }]),
        { id: 'result', head: t('column.result'), width: 110, cell: (e) => <EntryResult result={e.result} /> },
      ],
      filters: [
        {
          id: 'time',
          label: t('filter.time'),
          single: true,
          options: (['day', 'week', 'month', 'quarter'] as const).map((value) => ({ value, label: t(`time.${value}`) })),
          days: true,
        },
        { id: 'who', label: t('column.who'), text: t('filter.who') },
        { id: 'did', label: t('filter.did'), single: true, options: subjects.map((value) => ({ value, label: t(`about.${value}`) })) },
        { id: 'on', label: t('filter.object'), text: t('filter.on') },
        {
          id: 'side',
          label: t('filter.side'),
          single: true,
          options: (['partner', 'customer', 'system'] as const).map((value) => ({ value, label: t(`side.${value}`) })),
        },
        {
          id: 'result',
          label: t('filter.result'),
          single: true,
          options: (['successful', 'waits', 'refused', 'denied', 'failed'] as const).map((value) => ({ value, label: t(`result.${value}`) })),
        },
      ],
      page: entryPages(own),
      count: (first) => {
        if (first !== undefined && first.exportLeavesOut !== leftOut) queueMicrotask(() => setLeftOut(first.exportLeavesOut))
        return first?.total === undefined ? undefined : t('count', { count: first.total })
      },
      footer: (count) => t('count', { count }),
      row: (e) => ({ id: e.id, label: `${deed(e)}, ${object(e) ?? ''}, ${format.moment(e.at)}` }),
      under: (e) => format.day(e.at),
      commands: [
        ...(needsApproval ? [approval] : [download('csv'), download('jsonl')]),
        { id: 'verify', label: t('command.verify'), icon: IconShield, group: true, run: () => void verification.run() },
        ...(own ? [{ id: 'points', label: t('command.points'), icon: IconHistory, run: () => setPoints(true) }] : []),
      ],
      notice: verification.notice ?? (leftOut > 0 && customer === undefined ? <LeftOut count={leftOut} /> : undefined),
      details: EntryDetails,
      paneWidth: 520,
      empty: { icon: IconHistory, text: t('empty') },
    }
  }, [t, format, actor, deed, object, own, customer, verification, leftOut])
  return (
    <>
      <ListPage spec={spec} />
      {customer !== undefined && <AskExport customer={customer} open={asking} onClose={() => setAsking(false)} />}
      {points && <Checkpoints onClose={() => setPoints(false)} />}
    </>
  )
}

function LeftOut({ count }: { count: number }) {
  const { t } = useTranslation('audit')
  return <p className="mut">{t('leftOut', { count })}</p>
}
