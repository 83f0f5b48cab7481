import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { textOf, useGo, useSearchText } from '../kit/address'
import { IconCollection, IconHistory } from '../kit/icons'
import { ListPage } from '../kit/list/ListPage'
import type { ListSpec } from '../kit/list/spec'
import { useMe } from '../kit/rights'
import { When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { runPages, type Run, type RunPage } from './queries'
import { CollectState, useStateWords } from './state'
import { states } from './states'
import { took } from './took'

const dash = <span className="mut">–</span>

/** The runs that have ended, newest first, with the numbers that only those see who see all granted rooms. */
export function Runs() {
  const { t } = useTranslation('collect')
  const words = useStateWords()
  const format = useFormat()
  const me = useMe()
  const go = useGo()
  const failed = textOf(useSearchText(), 'state') === 'failed'

  const spec: ListSpec<Run, RunPage> = useMemo(() => {
    const number = (value: number | undefined) => (value === undefined ? dash : format.number(value))
    return {
      word: 'runs',
      title: t('runs.title'),
      tabs: [
        { value: '', label: t('runs.all') },
        { value: 'failed', label: t('runs.failed') },
      ],
      sort: '',
      search: false,
      columns: [
        { id: 'when', head: t('runs.when'), width: 150, cell: (run) => <When at={run.startedAt} as="moment" /> },
        { id: 'customer', head: t('runs.customer'), width: 180, onlyAll: true, cell: (run) => <span className="el">{run.customer}</span> },
        { id: 'kind', head: t('runs.kind'), width: 140, hide: 4, cell: (run) => <span className="sec">{t(`kind.${run.kind}`)}</span> },
        { id: 'result', head: t('runs.result'), flex: 200, cell: (run) => <Result run={run} /> },
        {
          id: 'took',
          head: t('runs.took'),
          width: 84,
          align: 'end',
          cell: (run) => took(new Date(run.endedAt).getTime() - new Date(run.startedAt).getTime(), format),
        },
        { id: 'requests', head: t('runs.requests'), name: t('runs.requestsName'), width: 84, align: 'end', hide: 3, cell: (run) => number(run.requests) },
        { id: 'changed', head: t('runs.changed'), name: t('runs.changedName'), width: 84, align: 'end', hide: 2, cell: (run) => number(run.changed) },
        {
          id: 'waited',
          head: t('runs.waited'),
          name: t('runs.waitedName'),
          width: 76,
          align: 'end',
          hide: 1,
          cell: (run) => (run.waitedMs === undefined ? dash : took(run.waitedMs, format)),
        },
        {
          id: 'by',
          head: t('runs.by'),
          width: 140,
          hide: 5,
          cell: (run) => (run.askedBy ? <span className="el sec">{run.askedBy}</span> : <span className="mut">{t('runs.due')}</span>),
        },
      ],
      filters: [
        {
          id: 'customer',
          label: t('filter.customer'),
          single: true,
          onlyAll: true,
          options: me.holdings.map((h) => ({ value: h.customerId, label: h.customerName })),
        },
        {
          id: 'kind',
          label: t('filter.kind'),
          single: true,
          options: [
            { value: 'devices', label: t('kind.devices') },
            { value: 'places', label: t('kind.places') },
          ],
        },
        { id: 'is', label: t('filter.state'), options: states.map((state) => ({ value: state, label: words(state).label })) },
      ],
      page: runPages,
      row: (run) => ({ id: run.id, customer: run.customerId, label: `${run.customer}, ${format.moment(run.startedAt)}` }),
      commands: [{ id: 'customers', label: t('command.customers'), icon: IconCollection, run: () => go('collection') }],
      empty: { icon: IconHistory, text: failed ? t('runs.emptyFailed') : t('runs.empty') },
    }
  }, [t, words, format, me, go, failed])
  return <ListPage spec={spec} />
}

function Result({ run }: { run: Run }) {
  const { t } = useTranslation('collect')
  if (run.state === 'ok') return <span className="sec el">{run.changed === 0 ? t('runs.nothing') : t('runs.done')}</span>
  return (
    <span className="cell grow">
      <CollectState state={run.state} />
      <span className="el mono mut" title={run.detail}>
        {run.detail}
      </span>
    </span>
  )
}
