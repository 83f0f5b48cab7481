import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PendingRequest } from '../api/client'
import { explainRequest } from '../api/requests'
import { useFormat } from '../text/i18n'
import { PageLink } from './address'
import { Button } from './Button'
import { TextField } from './form/fields'
import { Message } from './Message'
import { useSentence } from './problem'

const nothing = () => undefined

/** Instead of "saved": the customer approves this first. Offers to say why, because somebody there reads it and decides. */
export function WaitsNote({ request }: { readonly request: PendingRequest }) {
  const { t } = useTranslation()
  const format = useFormat()
  const sentence = useSentence()
  const [reason, setReason] = useState('')
  const [state, setState] = useState<'asking' | 'sending' | 'sent'>('asking')
  const [failed, setFailed] = useState<unknown>()
  const send = async () => {
    if (reason.trim() === '') return
    setState('sending')
    setFailed(undefined)
    try {
      await explainRequest(request.id, reason.trim())
      setState('sent')
    } catch (error) {
      setFailed(error)
      setState('asking')
    }
  }
  return (
    <Message tone="brand" title={t('waits.title')}>
      <p>{t('waits.text', { until: format.date(request.expiresAt) })}</p>
      <p>
        <PageLink page="requests" customer={request.customerId} search={{ open: request.id }}>
          {t('waits.look')}
        </PageLink>
      </p>
      {state === 'sent' ? (
        <p>{t('waits.sent')}</p>
      ) : (
        <div className="row low">
          <TextField name="reason" reason={undefined} onLeave={nothing} label={t('waits.reason')} value={reason} onChange={setReason} maxLength={500} />
          <Button small disabledReason={reason.trim() === '' ? t('waits.reasonNeeded') : undefined} busy={state === 'sending'} onClick={() => void send()}>
            {t('waits.send')}
          </Button>
        </div>
      )}
      {failed !== undefined && <p className="crit">{sentence(failed)}</p>}
    </Message>
  )
}
