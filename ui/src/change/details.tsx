import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refresh } from '../api/query'
import { explainRequest } from '../api/requests'
import { useDeed } from '../kit/deed'
import { Compare, compares } from '../kit/details/Compare'
import { DetailsPane } from '../kit/details/DetailsPane'
import { Fact, Facts, Section } from '../kit/details/Facts'
import { ConfirmDialog, FormDialog } from '../kit/form/Dialog'
import { TextField } from '../kit/form/fields'
import { useForm } from '../kit/form/useForm'
import { IconClose, IconEdit } from '../kit/icons'
import type { DetailsProps } from '../kit/list/spec'
import { Message } from '../kit/Message'
import { noticesFeature } from '../kit/notices'
import { usePlace } from '../kit/scope'
import { Tile } from '../kit/Tile'
import { useToast } from '../kit/toast'
import { When } from '../kit/When'
import { useRequest, withdrawRequest, type Request } from './queries'
import { RequestStateMark } from './state'
import { useFailureWords } from './words'

/** A change request: what would be done, why, who decides until when, and what became of it. */
export function RequestDetails({ id, row }: DetailsProps<Request>) {
  const { t } = useTranslation('change')
  const deed = useDeed()
  const query = useRequest(id, false)
  const request = query.data ?? row
  const [open, setOpen] = useState<'withdraw' | 'explain'>()
  const done = useDone()
  const mine = request?.mine === true && request.state === 'waiting'
  return (
    <>
      <DetailsPane
        query={query}
        glyph={<Tile name={request?.customerName ?? ''} square large />}
        title={request === undefined ? '' : deed(request)}
        subtitle={request && <RequestStateMark state={request.state} />}
        commands={
          mine
            ? [
                { id: 'explain', label: t('command.explain'), icon: IconEdit, primary: true, run: () => setOpen('explain') },
                { id: 'withdraw', label: t('command.withdraw'), icon: IconClose, run: () => setOpen('withdraw') },
              ]
            : []
        }
      >
        {request && <Overview request={request} />}
      </DetailsPane>
      {request && open === 'explain' && (
        <ExplainDialog
          request={request}
          onClose={() => setOpen(undefined)}
          onDone={() => {
            setOpen(undefined)
            done(t('explained', { customer: request.customerName }))
          }}
        />
      )}
      <ConfirmDialog
        open={open === 'withdraw'}
        title={t('withdrawTitle', { deed: request === undefined ? '' : deed(request) })}
        action={t('command.withdraw')}
        run={async () => {
          await withdrawRequest(id)
          done(t('withdrawn'))
        }}
        onClose={() => setOpen(undefined)}
      >
        <p>{t('withdrawText', { customer: request?.customerName ?? '' })}</p>
      </ConfirmDialog>
    </>
  )
}

function useDone(): (said: string) => void {
  const client = useQueryClient()
  const { session } = usePlace()
  const toast = useToast()
  return (said) => {
    void refresh(client, session, 'change', noticesFeature)
    toast(said)
  }
}

function ExplainDialog({ request, onClose, onDone }: { request: Request; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation('change')
  const form = useForm({
    initial: { reason: request.reason ?? '' },
    check: ({ reason }) => (reason.trim() === '' ? { reason: t('reasonNeeded') } : {}),
    send: ({ reason }) => explainRequest(request.id, reason.trim()),
    done: onDone,
  })
  return (
    <FormDialog open title={t('explainTitle', { customer: request.customerName })} form={form} submit={t('send')} onClose={onClose}>
      <TextField {...form.field('reason')} label={t('fact.reason')} maxLength={500} autoFocus />
    </FormDialog>
  )
}

/** What a request is about and what became of it, for the partner; `own` for the customer that decides. */
export function Overview({ request, own }: { request: Request; own?: boolean }) {
  const { t } = useTranslation('change')
  const why = useFailureWords()
  const customer = request.customerName
  return (
    <>
      {request.state === 'waiting' && <Message tone="brand">{own ? t('ownWaitingText') : t('waitingText', { customer })}</Message>}
      {request.state === 'failed' && (
        <Message tone="important" title={t('failedTitle')}>
          {why(request.failure ?? '')}
        </Message>
      )}
      {request.state === 'rejected' && (
        <Message tone="important" title={own ? t('ownRejectedTitle') : t('rejectedTitle', { customer })}>
          {request.decidedReason}
        </Message>
      )}
      <Facts>
        {!own && <Fact label={t('column.customer')}>{customer}</Fact>}
        <Fact label={t('fact.reason')}>{request.reason || <span className="mut">{t('noReason')}</span>}</Fact>
        <Fact label={t('fact.asked')}>
          {request.askedBy}, <When at={request.askedAt} as="moment" />
        </Fact>
        {request.state === 'waiting' && (
          <Fact label={t('fact.until')}>
            <When at={request.expiresAt} as="moment" />
          </Fact>
        )}
        {request.decidedAt !== undefined && (
          <Fact label={t('fact.decided')}>
            {request.decidedBy}, <When at={request.decidedAt} as="moment" />
          </Fact>
        )}
        {request.endedAt !== undefined && (
          <Fact label={t('fact.ended')}>
            <When at={request.endedAt} as="moment" />
          </Fact>
        )}
      </Facts>
      {compares(request.detail) && (
        <Section title={t('compare')}>
          <Compare detail={request.detail} names={request.names} />
        </Section>
      )}
    </>
  )
}
