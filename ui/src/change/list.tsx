import { useMemo, type ComponentType } from 'react'
import { useTranslation } from 'react-i18next'
import { textOf, useSearchText } from '../kit/address'
import { useDeed } from '../kit/deed'
import { IconRequests } from '../kit/icons'
import { ListPage } from '../kit/list/ListPage'
import type { Column, DetailsProps, ListSpec } from '../kit/list/spec'
import { useMe } from '../kit/rights'
import { Tile } from '../kit/Tile'
import { When } from '../kit/When'
import { requestPages, type Request, type RequestPage } from './queries'
import { RequestStateMark } from './state'

interface ListProps {
  /** The customer's side: what it decides about, with the reasons that it reads. Else the partner's: what was asked of which customer. */
  readonly own: boolean
  readonly details: ComponentType<DetailsProps<Request>>
}

/** Change requests, newest first, with the pane that its side works in. */
export function RequestList({ own, details }: ListProps) {
  const { t } = useTranslation('change')
  const me = useMe()
  const deed = useDeed()
  const waiting = textOf(useSearchText(), 'state') === 'waiting'
  const spec: ListSpec<Request, RequestPage> = useMemo(() => {
    const second: Column<Request> = own
      ? { id: 'why', head: t('fact.reason'), flex: 200, hide: 2, cell: (r) => <span className="el sec">{r.reason}</span> }
      : {
          id: 'customer',
          head: t('column.customer'),
          width: 190,
          onlyAll: true,
          hide: 2,
          cell: (r) => (
            <span className="cell grow">
              <Tile name={r.customerName} square />
              <span className="el">{r.customerName}</span>
            </span>
          ),
        }
    return {
      word: own ? 'approvals' : 'requests',
      title: t(own ? 'approvals' : 'title'),
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
        second,
        { id: 'state', head: t('column.state'), width: 190, last: true, cell: (r) => <RequestStateMark state={r.state} /> },
        { id: 'by', head: t('column.by'), width: 160, hide: 1, cell: (r) => <span className="el sec">{r.askedBy}</span> },
        { id: 'asked', head: t('column.asked'), width: 166, cell: (r) => <When at={r.askedAt} as="moment" /> },
      ],
      filters: own
        ? []
        : [
            {
              id: 'customer',
              label: t('column.customer'),
              single: true,
              onlyAll: true,
              options: me.holdings.map((h) => ({ value: h.customerId, label: h.customerName })),
            },
          ],
      page: requestPages(own),
      row: (r) => ({ id: r.id, label: deed(r), ...(own ? {} : { customer: r.customerId }) }),
      commands: [],
      details,
      paneWidth: 520,
      footer: (count) => t('count', { count }),
      empty: { icon: IconRequests, text: t(own ? (waiting ? 'ownEmptyWaiting' : 'ownEmpty') : waiting ? 'emptyWaiting' : 'empty') },
    }
  }, [t, me, deed, own, details, waiting])
  return <ListPage spec={spec} />
}
