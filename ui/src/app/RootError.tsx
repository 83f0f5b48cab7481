import { Component, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useSentence } from '../kit/problem'
import { ApiError } from '../api/client'
import { useTitle } from '../kit/announce'

interface FailedProps {
  /** What did not work, one sentence. */
  readonly text: string
  readonly error: unknown
  readonly retry?: () => void
}

/** A page in place of one that could not be shown: what, why, and a way on. */
export function Failed({ text, error, retry }: FailedProps) {
  const { t } = useTranslation('app')
  const sentence = useSentence()
  const why = error instanceof ApiError ? sentence(error) : undefined
  useTitle(t('failure.title'))
  return (
    <div className="only" role="alert">
      <h1>{text}</h1>
      {why !== undefined && <p className="sec">{why}</p>}
      {error instanceof ApiError && error.requestId !== '' && (
        <p className="mut sm">{t('signIn.request', { id: error.requestId })}</p>
      )}
      <p className="row">
        {retry && (
          <button type="button" className="btn p" onClick={retry}>
            {t('failure.again')}
          </button>
        )}
        <button type="button" className="btn" onClick={() => location.reload()}>
          {t('failure.reload')}
        </button>
      </p>
    </div>
  )
}

/** Stands for a page whose code threw. */
export function PageError({ error, reset }: { error: unknown; reset?: () => void }) {
  const { t } = useTranslation('app')
  return <Failed text={t('failure.page')} error={error} {...(reset && { retry: reset })} />
}

/** The last net: whatever throws outside of a page. */
export class Boundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override render() {
    if (this.state.error === undefined) return this.props.children
    return <PageError error={this.state.error} reset={() => this.setState({ error: undefined })} />
  }
}
