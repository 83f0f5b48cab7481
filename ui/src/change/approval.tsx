import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refresh } from '../api/query'
import { approveRequest, rejectRequest } from '../api/requests'
import { Button } from '../kit/Button'
import { DetailsPane } from '../kit/details/DetailsPane'
import { ConfirmDialog, FormDialog } from '../kit/form/Dialog'
import { TextField } from '../kit/form/fields'
import { useForm } from '../kit/form/useForm'
import type { DetailsProps } from '../kit/list/spec'
import { usePlace } from '../kit/scope'
import { Tile } from '../kit/Tile'
import { useToast } from '../kit/toast'
import { Overview } from './details'
import { useOwnRequest, type Request } from './queries'
import { RequestStateMark } from './state'
import { useDeed } from './words'

/** A change request before the customer: what would change, and the two answers. */
export function ApprovalDetails({ id, row }: DetailsProps<Request>) {
  const { t } = useTranslation('change')
  const deed = useDeed()
  const query = useOwnRequest(id)
  const request = query.data ?? row
  const [asks, setAsks] = useState<'approve' | 'reject'>()
  const decided = useDecided()
  const close = () => setAsks(undefined)
  return (
    <>
      <DetailsPane
        query={query}
        glyph={<Tile name={request?.askedBy ?? ''} large />}
        title={request === undefined ? '' : deed(request)}
        subtitle={request && <RequestStateMark state={request.state} />}
        foot={
          request?.state === 'waiting' && (
            <>
              <Button kind="primary" onClick={() => setAsks('approve')}>
                {t('command.approve')}
              </Button>
              <Button onClick={() => setAsks('reject')}>{t('command.reject')}</Button>
            </>
          )
        }
      >
        {request && <Overview request={request} own />}
      </DetailsPane>
      {request && (
        <ConfirmDialog
          open={asks === 'approve'}
          title={t('approveTitle', { deed: deed(request) })}
          action={t('command.approve')}
          run={() => decided(approveRequest(id), t('approvedToast'))}
          onClose={close}
        >
          <p>{t('approveText', { by: request.askedBy })}</p>
        </ConfirmDialog>
      )}
      {request && asks === 'reject' && <RejectDialog request={request} onClose={close} />}
    </>
  )
}

/** Says what was decided, and reads the requests again, also when somebody else was quicker. */
function useDecided(): (decision: Promise<unknown>, said: string) => Promise<void> {
  const client = useQueryClient()
  const { session } = usePlace()
  const toast = useToast()
  return async (decision, said) => {
    try {
      await decision
    } finally {
      void refresh(client, session, 'change', 'portal')
    }
    toast(said)
  }
}

/** Rejects a request; the partner reads why. */
function RejectDialog({ request, onClose }: { request: Request; onClose: () => void }) {
  const { t } = useTranslation('change')
  const deed = useDeed()
  const decided = useDecided()
  const form = useForm({
    initial: { reason: '' },
    check: ({ reason }) => (reason.trim() === '' ? { reason: t('reasonNeeded') } : {}),
    send: ({ reason }) => decided(rejectRequest(request.id, reason.trim()), t('rejectedToast')),
    done: onClose,
  })
  return (
    <FormDialog open title={t('rejectTitle', { deed: deed(request) })} form={form} submit={t('command.reject')} danger onClose={onClose}>
      <TextField {...form.field('reason')} label={t('rejectReason', { by: request.askedBy })} maxLength={500} required autoFocus />
    </FormDialog>
  )
}
