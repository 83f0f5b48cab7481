import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { textOf, useGo, useSearchText } from '../kit/address'
import { IconCollect, IconCollection, IconHistory } from '../kit/icons'
import { ListPage } from '../kit/list/ListPage'
import type { ListSpec } from '../kit/list/spec'
import { useMe } from '../kit/rights'
import { usePlace } from '../kit/scope'
import { Tile } from '../kit/Tile'
import { When } from '../kit/When'
import { CollectedDetails } from './details'
import { mayCollect, useCollectNow } from './now'
import { collectedPages, type Collected, type CollectedPage, type Job, type Kind } from './queries'
import { Runs } from './runs'
import { CollectState, useStateWords } from './state'
import { states } from './states'
import { Legend, RunStrip } from './Strip'

/** What collecting says of each customer, or the single runs. */
export function Page() {
  const runs = textOf(useSearchText(), 'view') === 'runs'
  return runs ? <Runs /> : <Customers />
}

const dash = <span className="mut">–</span>

function Customers() {
  const { t } = useTranslation('collect')
  const words = useStateWords()
  const me = useMe()
  const all = usePlace().customer === 'all'
  const go = useGo()
  const now = useCollectNow()
  const tab = textOf(useSearchText(), 'state')

  const spec: ListSpec<Collected, CollectedPage> = useMemo(
    () => ({
      word: 'collection',
      title: t('title'),
      // Both are counted over all customers.
      count: (first) => (first && all ? t('upToDate', { count: first.customers, good: first.upToDate }) : undefined),
      asOf: (first) => first.asOf,
      tabs: [
        { value: '', label: t('tab.all') },
        { value: 'act', label: t('tab.act') },
        { value: 'wait', label: t('tab.wait') },
        { value: 'ok', label: t('tab.ok') },
      ],
      sort: 'state',
      search: false,
      roomy: true,
      selectable: true,
      columns: [
        {
          id: 'customer',
          head: t('column.customer'),
          flex: 180,
          cell: (c) => (
            <span className="cell grow">
              <Tile name={c.name} square />
              <span className="el">{c.name}</span>
            </span>
          ),
        },
        { id: 'state', head: t('column.state'), width: 216, cell: (c) => <CollectState state={c.state} until={untilOf(c)} /> },
        {
          id: 'devices',
          head: t('column.data'),
          name: t('column.dataName'),
          width: 88,
          align: 'end',
          cell: (c) => <Age at={c.dataAt} well={c.state === 'ok'} />,
        },
        {
          id: 'places',
          head: t('column.places'),
          name: t('column.placesName'),
          width: 80,
          align: 'end',
          hide: 1,
          cell: (c) => <Age at={jobOf(c, 'places')?.lastGoodAt} well={c.state === 'ok'} />,
        },
        { id: 'day', head: t('column.day'), width: 216, hide: 3, cell: (c) => <RunStrip strip={c.strip} /> },
        { id: 'next', head: t('column.next'), width: 92, align: 'end', hide: 2, cell: (c) => <Next job={jobOf(c, 'devices')} /> },
      ],
      filters: [{ id: 'is', label: t('filter.state'), options: states.map((state) => ({ value: state, label: words(state).label })) }],
      aside: <Legend />,
      page: collectedPages,
      row: (c) => ({ id: c.id, customer: c.id, label: c.name }),
      commands: [
        {
          id: 'now',
          label: t('command.now'),
          icon: IconCollect,
          needs: 'some',
          inRow: true,
          disabledReason: (rows) => (rows.some((row) => !mayCollect(me, row.id)) ? t('noRole') : undefined),
          run: (rows) => void now(rows),
        },
        { id: 'runs', label: t('command.runs'), icon: IconHistory, group: true, run: () => go('collection', { view: 'runs' }) },
      ],
      details: CollectedDetails,
      paneWidth: 520,
      footer: (count) => t('count', { count }),
      empty: { icon: IconCollection, text: tab === 'act' ? t('emptyAct') : tab === 'wait' ? t('emptyWait') : tab === 'ok' ? t('emptyOk') : t('empty') },
    }),
    [t, words, me, go, now, tab, all],
  )
  return <ListPage spec={spec} />
}

function jobOf(customer: Collected, kind: Kind): Job | undefined {
  return customer.kinds.find((job) => job.kind === kind)
}

/** When Microsoft allows the next try: the earliest of the throttled jobs. */
function untilOf(customer: Collected): string | undefined {
  return customer.kinds
    .filter((job) => job.state === 'throttled')
    .flatMap((job) => (job.nextDue === undefined ? [] : [job.nextDue]))
    .sort()[0]
}

function Age({ at, well }: { at: string | undefined; well: boolean }) {
  if (at === undefined) return dash
  return (
    <span className={well ? 'mut' : 'warn'}>
      <When at={at} as="age" />
    </span>
  )
}

function Next({ job }: { job: Job | undefined }) {
  const { t } = useTranslation('collect')
  if (job?.running) return <span className="mut">{t('next.running')}</span>
  if (job?.queued) return <span className="mut">{t('next.queued')}</span>
  return job?.nextDue === undefined ? dash : <When at={job.nextDue} as="time" />
}
