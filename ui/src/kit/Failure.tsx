import type { ReactNode } from 'react'
import type { UseQueryResult } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ApiError, Waits } from '../api/client'
import { Button } from './Button'
import { Absent, NoPermission } from './Empty'
import { Message } from './Message'
import { isAbsent, useSentence } from './problem'
import { Skeleton } from './Skeleton'
import { WaitsNote } from './WaitsNote'

interface FailureProps {
  readonly error: unknown
  readonly retry?: (() => unknown) | undefined
  /** What could not be done, before the reason. */
  readonly title?: string
}

/** An error in the person's words: the sentence of its code, the request id for the operator, and a way to try again. */
export function Failure({ error, retry, title }: FailureProps) {
  const { t } = useTranslation()
  const sentence = useSentence()(error)
  if (error instanceof Waits) return <WaitsNote request={error.request} />
  if (sentence === undefined) return null
  const id = error instanceof ApiError ? error.requestId : ''
  return (
    <Message
      tone="critical"
      title={title}
      action={
        retry && (
          <Button small onClick={() => void retry()}>
            {t('kit.tryAgain')}
          </Button>
        )
      }
    >
      <span>{sentence}</span>
      {id !== '' && (
        <div className="mut sm">
          {t('kit.requestId')} <span className="mono">{id}</span>
        </div>
      )}
    </Message>
  )
}

interface LoadedProps<T> {
  readonly query: Pick<UseQueryResult<T>, 'data' | 'error' | 'isPending' | 'refetch'>
  readonly lines?: number
  readonly children: (data: T) => ReactNode
}

/** What a read has: its data (with the failure of a later attempt above it), else a skeleton, else the failure. */
export function Loaded<T>({ query, lines, children }: LoadedProps<T>) {
  const { data, error, isPending, refetch } = query
  if (data !== undefined && !isAbsent(error)) {
    return (
      <>
        {error !== null && <Failure error={error} retry={refetch} />}
        {children(data)}
      </>
    )
  }
  if (isAbsent(error)) return <Absent />
  if (error instanceof ApiError && error.status === 403) return <NoPermission />
  if (error !== null) return <Failure error={error} retry={refetch} />
  return isPending ? <Skeleton lines={lines} /> : null
}
