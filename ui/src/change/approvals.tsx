import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { textOf, useSearchText } from '../kit/address'
import { IconRequests } from '../kit/icons'
import { ListPage } from '../kit/list/ListPage'
import type { ListSpec } from '../kit/list/spec'
import { When } from '../kit/When'
import { ApprovalDetails } from './approval'
import { ownRequestPages, type Request, type RequestPage } from './queries'
import { RequestStateMark } from './state'
import { useDeed } from './words'

/** What the partner asks the customer for, and what became of it (screens.md 4.10). */
export function Page() {
  const { t } = useTranslation('change')
  const deed = useDeed()
  const tab = textOf(useSearchText(), 'state')
  const spec: ListSpec<Request, RequestPage> = useMemo(
    () => ({
      word: 'approvals',
      title: t('approvals'),
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
        { id: 'why', head: t('fact.reason'), flex: 200, hide: 2, cell: (r) => <span className="el sec">{r.reason}</span> },
        { id: 'state', head: t('column.state'), width: 190, cell: (r) => <RequestStateMark state={r.state} /> },
        { id: 'by', head: t('column.by'), width: 160, hide: 1, cell: (r) => <span className="el sec">{r.askedBy}</span> },
        { id: 'asked', head: t('column.asked'), width: 150, cell: (r) => <When at={r.askedAt} as="moment" /> },
      ],
      page: ownRequestPages,
      row: (r) => ({ id: r.id, label: deed(r) }),
      commands: [],
      details: ApprovalDetails,
      paneWidth: 520,
      empty: { icon: IconRequests, text: tab === 'waiting' ? t('ownEmptyWaiting') : t('ownEmpty') },
    }),
    [t, deed, tab],
  )
  return <ListPage spec={spec} />
}
