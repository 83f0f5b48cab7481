import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { textOf, useSearchText } from '../kit/address'
import { IconRequests } from '../kit/icons'
import { ListPage } from '../kit/list/ListPage'
import type { ListSpec } from '../kit/list/spec'
import { useMe } from '../kit/rights'
import { Tile } from '../kit/Tile'
import { When } from '../kit/When'
import { RequestDetails } from './details'
import { requestPages, type Request, type RequestPage } from './queries'
import { RequestStateMark } from './state'
import { useDeed } from './words'

/** What the partner's people asked for and customers decide about. */
export function Page() {
  const { t } = useTranslation('change')
  const me = useMe()
  const deed = useDeed()
  const tab = textOf(useSearchText(), 'state')
  const spec: ListSpec<Request, RequestPage> = useMemo(
    () => ({
      word: 'requests',
      title: t('title'),
      tabs: [
        { value: '', label: t('tab.all') },
        { value: 'waiting', label: t('tab.waiting') },
        { value: 'done', label: t('tab.done') },
        { value: 'rejected', label: t('tab.rejected') },
        { value: 'failed', label: t('tab.failed') },
      ],
      sort: '',
      search: false,
      columns: [
        { id: 'what', head: t('column.what'), flex: 240, cell: (r) => <span className="el">{deed(r)}</span> },
        {
          id: 'customer',
          head: t('column.customer'),
          width: 190,
          onlyAll: true,
          cell: (r) => (
            <span className="cell grow">
              <Tile name={r.customerName} square />
              <span className="el">{r.customerName}</span>
            </span>
          ),
        },
        { id: 'state', head: t('column.state'), width: 190, cell: (r) => <RequestStateMark state={r.state} /> },
        { id: 'by', head: t('column.by'), width: 150, hide: 1, cell: (r) => <span className="el sec">{r.askedBy}</span> },
        { id: 'asked', head: t('column.asked'), width: 150, cell: (r) => <When at={r.askedAt} as="moment" /> },
      ],
      filters: [
        {
          id: 'customer',
          label: t('column.customer'),
          single: true,
          onlyAll: true,
          options: me.holdings.map((h) => ({ value: h.customerId, label: h.customerName })),
        },
      ],
      page: requestPages,
      row: (r) => ({ id: r.id, customer: r.customerId, label: deed(r) }),
      commands: [],
      details: RequestDetails,
      paneWidth: 520,
      empty: { icon: IconRequests, text: tab === 'waiting' ? t('emptyWaiting') : t('empty') },
    }),
    [t, me, deed, tab],
  )
  return <ListPage spec={spec} />
}
