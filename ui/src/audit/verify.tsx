import { useCallback, useMemo, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Failure } from '../kit/Failure'
import { Message } from '../kit/Message'
import { usePlace, type Place } from '../kit/scope'
import { useFormat } from '../text/i18n'
import { verify, type Verified } from './queries'
import words from './text.en.json'

type State = { readonly done: Verified } | { readonly failed: unknown } | 'busy'

/** Checks the record on demand, and says what came out until it is dismissed. */
export function useVerify(): { readonly run: () => Promise<void>; readonly notice: ReactNode } {
  const place = usePlace()
  const [state, setState] = useState<State>()
  const run = useCallback(async () => {
    setState('busy')
    try {
      setState({ done: await verify(place) })
    } catch (failed) {
      setState({ failed })
    }
  }, [place])
  return useMemo(() => ({ run, notice: state && <Outcome state={state} place={place} onDismiss={() => setState(undefined)} /> }), [run, state, place])
}

function Outcome({ state, place, onDismiss }: { state: State; place: Place; onDismiss: () => void }) {
  const { t } = useTranslation('audit')
  const format = useFormat()
  if (state === 'busy') return <Message>{t('verify.busy')}</Message>
  if ('failed' in state) return <Failure error={state.failed} />
  const { complete, records } = state.done
  const one = records.length === 1 ? records[0] : undefined
  if (complete) {
    const entries = records.reduce((sum, record) => sum + record.entries, 0)
    return (
      <Message tone="healthy" onDismiss={onDismiss}>
        {one ? t('verify.whole', { number: format.number(one.upto) }) : t('verify.wholeAll', { count: entries, records: format.number(records.length) })}
      </Message>
    )
  }
  const broken = records.filter((record) => record.findings.length > 0)
  const nameOf = (tenant: string | undefined) => (tenant === undefined ? t('verify.partner') : (place.customerName ?? tenant))
  return (
    <Message tone="critical" title={t('verify.broken')} onDismiss={onDismiss}>
      <ul className="bullets">
        {broken.map((record) => {
          const first = record.findings[0]
          if (first === undefined) return null
          const kind = first.kind in words.finding ? t(`finding.${first.kind}` as 'finding.deleted') : first.text
          return (
            <li key={record.tenantId ?? ''}>
              {place.me.side === 'customer' ? '' : `${nameOf(record.tenantId)}: `}
              {t('verify.first', { number: format.number(first.number), kind })}{' '}
              {record.findings.length > 1 && t('verify.more', { count: record.findings.length - 1 })}
            </li>
          )
        })}
      </ul>
    </Message>
  )
}
