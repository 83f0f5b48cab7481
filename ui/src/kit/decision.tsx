import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { refresh } from '../api/query'
import { approveRequest, rejectRequest } from '../api/requests'
import type { components } from '../api/schema'
import { useDeed } from './deed'
import { Compare, compares } from './details/Compare'
import { ConfirmDialog, FormDialog } from './form/Dialog'
import { TextField } from './form/fields'
import { useForm } from './form/useForm'
import { noticesFeature } from './notices'
import { usePlace } from './scope'
import { useToast } from './toast'

type Request = components['schemas']['Request']

/** The customer's two answers to a change request, each after a question; `dialogs` has to stand somewhere on the page. */
export function useDecision(): { readonly approve: (request: Request) => void; readonly deny: (request: Request) => void; readonly dialogs: ReactNode } {
  const [asks, setAsks] = useState<{ readonly request: Request; readonly answer: 'approve' | 'deny' }>()
  const close = () => setAsks(undefined)
  return {
    approve: (request) => setAsks({ request, answer: 'approve' }),
    deny: (request) => setAsks({ request, answer: 'deny' }),
    dialogs: asks && (asks.answer === 'approve' ? <ApproveDialog request={asks.request} onClose={close} /> : <DenyDialog request={asks.request} onClose={close} />),
  }
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
      void refresh(client, session, 'change', 'portal', noticesFeature)
    }
    toast(said)
  }
}

interface AnswerProps {
  readonly request: Request
  readonly onClose: () => void
}

/** Approves a request, with what it changes before one's eyes. */
function ApproveDialog({ request, onClose }: AnswerProps) {
  const { t } = useTranslation('change')
  const deed = useDeed()
  const decided = useDecided()
  return (
    <ConfirmDialog
      open
      title={t('approveTitle', { deed: deed(request) })}
      action={t('command.approve')}
      run={() => decided(approveRequest(request.id), t('approvedToast'))}
      onClose={onClose}
    >
      <p>{t('approveText', { by: request.askedBy })}</p>
      {compares(request.detail) && <Compare detail={request.detail} names={request.names} />}
    </ConfirmDialog>
  )
}

/** Denies a request; the partner reads why. */
function DenyDialog({ request, onClose }: AnswerProps) {
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
