import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../../text/i18n'
import { ApiError } from '../../api/client'
import { Button } from '../Button'
import { Absent, Empty, NoPermission } from '../Empty'
import { Failure } from '../Failure'
import { Message } from '../Message'
import { isAbsent, useSentence } from '../problem'
import { useLasting } from '../Skeleton'
import { templateOf } from './columns'
import type { Column, ListSpec } from './spec'

/** Rows drawn while the first page comes (screens.md 3). */
const bones = 12

/** Grey rows in the real columns, after 300 ms; said at once. */
export function SkeletonRows<Row>({ columns, ticks, what }: { columns: readonly Column<Row>[]; ticks: boolean; what: string }) {
  const { t } = useTranslation()
  const shown = useLasting(true)
  const template = { '--cols': templateOf(columns, ticks), '--row': '32px' } as Record<string, string>
  return (
    <div className="grid" role="status" aria-label={t('list.loading', { what })} style={template}>
      {shown && (
        <div className="gr gh" aria-hidden>
          {ticks && <div className="gt" />}
          {columns.map((c) => (
            <div key={c.id} className={c.align === 'end' ? 'gc r' : 'gc'}>
              {c.head}
            </div>
          ))}
        </div>
      )}
      {shown &&
        Array.from({ length: bones }, (_, i) => (
          <div key={i} className="gr still" aria-hidden>
            {ticks && <div className="gt" />}
            {columns.map((c) => (
              <div key={c.id} className="gc">
                <span className={`bone ${c.flex === undefined ? 'w6' : 'w8'}`} />
              </div>
            ))}
          </div>
        ))}
    </div>
  )
}

/** Instead of rows: why there are none at all. Undefined when the error lets the old rows stay. */
export function refusalOf(error: unknown, what: string, retry: () => void, hasRows: boolean): ReactNode | undefined {
  if (error === null) return undefined
  if (error instanceof ApiError && error.status === 403) return <NoPermission what={what} />
  if (isAbsent(error)) return <Absent />
  if (hasRows) return undefined
  return <FailedAll error={error} what={what} retry={retry} />
}

function FailedAll({ error, what, retry }: { error: unknown; what: string; retry: () => void }) {
  const { t } = useTranslation()
  return (
    <div className="notices">
      <Failure title={t('list.failed', { what })} error={error} retry={retry} />
    </div>
  )
}

/** Above the old rows: a later read failed. */
export function FailedLater({ error, what, at, retry }: { error: unknown; what: string; at: number; retry: () => void }) {
  const { t } = useTranslation()
  const format = useFormat()
  const sentence = useSentence()(error)
  if (sentence === undefined) return null
  return (
    <div className="notices">
      <Message
        tone="critical"
        title={t('list.failedShowing', { what, time: format.short(at) })}
        action={
          <Button small onClick={retry}>
            {t('kit.tryAgain')}
          </Button>
        }
      >
        {sentence}
      </Message>
    </div>
  )
}

/** No rows: nothing there, or nothing that the filters let through. */
export function NoRows({ narrowed, clear, empty }: { narrowed: boolean; clear: () => void; empty: ListSpec<never>['empty'] }) {
  const { t } = useTranslation()
  if (!narrowed) {
    return (
      <Empty icon={empty.icon} action={empty.action}>
        {empty.text}
      </Empty>
    )
  }
  return (
    <Empty
      action={
        <button type="button" className="link" onClick={clear}>
          {t('list.clearFilters')}
        </button>
      }
    >
      {t('list.noMatch')}
    </Empty>
  )
}
