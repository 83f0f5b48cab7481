import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refresh } from '../api/query'
import { Button, ButtonLink } from '../kit/Button'
import { Fact, Facts } from '../kit/details/Facts'
import { ConfirmDialog } from '../kit/form/Dialog'
import { IconSend } from '../kit/icons'
import { usePlace } from '../kit/scope'
import { useToast } from '../kit/toast'
import { useNow } from '../kit/When'
import { useFormat } from '../text/i18n'
import { ControlLines } from './control'
import { Allowed, GrantFacts } from './parts'
import { feature, withdraw, type Invitation, type Partnership } from './queries'
import { ResendDialog } from './resend'
import { Step, type Progress } from './step'

/** The latest invitation: what was offered while it waits, else what became of it and the way to the next one. */
export function InvitationStep({ partnership }: { partnership: Partnership }) {
  const { t } = useTranslation('portal')
  const { invitation, relation, administers, organisation } = partnership
  const partner = partnership.partner.name
  const state = useStateWords(partnership)
  if (!administers) {
    return (
      <Step number={2} title={t('invitation.title')} state={null} progress="open">
        <p>{t('invitation.explain', { partner })}</p>
      </Step>
    )
  }
  const pending = invitation?.state === 'pending'
  const consented = organisation.consent === 'given'
  const progress: Progress = relation !== undefined || pending ? 'done' : consented ? 'now' : 'open'
  return (
    <Step number={2} title={t('invitation.title')} state={state} progress={progress}>
      {relation === undefined && (
        <>
          {pending ? <Pending invitation={invitation} partnership={partnership} /> : <NotPending invitation={invitation} partner={partner} needsCode={partnership.needsCode} />}
          {!pending && !consented && <p className="mut">{t('invitation.afterConsent')}</p>}
          {!pending && consented && (
            <div>
              <ButtonLink kind="primary" icon={IconSend} page="/portal/invite">
                {invitation === undefined ? t('invitation.invite') : t('invitation.again')}
              </ButtonLink>
            </div>
          )}
        </>
      )}
    </Step>
  )
}

/** The state of the latest invitation beside the title. */
function useStateWords({ invitation, relation, partner, administers }: Partnership): string | null {
  const { t } = useTranslation('portal')
  const format = useFormat()
  if (!administers) return null
  if (invitation === undefined) return relation === undefined ? t('invitation.none') : null
  if (invitation.state === 'pending') return t('invitation.pending', { partner: partner.name })
  if (invitation.state === 'accepted' && relation === undefined) return t('invitation.ended')
  return t(`invitation.${invitation.state}`, { date: format.date(decidedOf(invitation)) })
}

/** When an invitation came to its end: by a decision, else by its time. */
export function decidedOf(invitation: Invitation): string {
  return invitation.decidedAt ?? invitation.expiresAt
}

interface NotPendingProps {
  readonly invitation: Invitation | undefined
  readonly partner: string
  readonly needsCode: boolean
}

function NotPending({ invitation, partner, needsCode }: NotPendingProps) {
  const { t } = useTranslation('portal')
  const words = {
    declined: t('invitation.declinedText', { partner }),
    expired: t('invitation.expiredText'),
    withdrawn: t('invitation.withdrawnText'),
    accepted: t('invitation.endedText'),
  }
  if (invitation === undefined || invitation.state === 'pending') return <p>{t('invitation.explain', { partner })}</p>
  return (
    <p>
      {words[invitation.state]} {needsCode && t('invitation.newCode', { partner })}
    </p>
  )
}

function Pending({ invitation, partnership }: { invitation: Invitation; partnership: Partnership }) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const now = useNow()
  const client = useQueryClient()
  const toast = useToast()
  const { session } = usePlace()
  const [asking, setAsking] = useState(false)
  const [sending, setSending] = useState(false)
  const partner = partnership.partner.name
  const left = Math.max(0, new Date(invitation.expiresAt).getTime() - now)
  const run = async () => {
    try {
      await withdraw(invitation.id)
    } finally {
      void refresh(client, session, feature) // refused: somebody answered meanwhile, and the page should say so
    }
    toast(t('invitation.withdrawDone'))
  }
  return (
    <>
      <Facts wide>
        <Fact label={t('fact.partner')}>
          {partner} <span className="mut">{invitation.partnerDomain}</span>
        </Fact>
        <Fact label={t('fact.rooms')}>{t('roomsSent', { count: invitation.roomsOffered })}</Fact>
        <GrantFacts grant={invitation.grant} />
        <Fact label={t('fact.may')}>
          <span>{t('held', { held: format.number(invitation.ceiling.length), all: format.number(partnership.permissions.length) })}</span>
          <Allowed names={invitation.ceiling} />
        </Fact>
        <Fact label={t('control.title')}>
          <ControlLines events={partnership.events} value={invitation.changeControl} />
        </Fact>
        <Fact label={t('fact.signin')}>
          {partnership.authContexts.find((one) => one.id === invitation.strongAuth)?.name ?? invitation.strongAuth ?? t('signin.ownAt', { partner })}
        </Fact>
        <Fact label={t('fact.ends')}>{invitation.endsAt === undefined ? t('endDate.none') : format.date(invitation.endsAt)}</Fact>
        <Fact label={t('fact.kept')}>{t('retention', { count: invitation.retentionDays })}</Fact>
        <Fact label={t('fact.after')}>{invitation.sealDays === 0 ? t('data.sealNone') : t('data.sealed', { count: invitation.sealDays })}</Fact>
        <Fact label={t('fact.contacts')}>{format.list([...invitation.contacts])}</Fact>
        <Fact label={t('fact.sent')}>{t('sentBy', { date: format.moment(invitation.sentAt), name: invitation.sentBy })}</Fact>
        {invitation.changedAt !== undefined && <Fact label={t('fact.changed')}>{format.moment(invitation.changedAt)}</Fact>}
        <Fact label={t('fact.until')}>{t('untilLeft', { date: format.moment(invitation.expiresAt), left: format.age(left) })}</Fact>
      </Facts>
      <div className="row">
        <ButtonLink page="/portal/invitation">{t('invitation.change')}</ButtonLink>
        <Button onClick={() => setSending(true)}>{t('invitation.resend')}</Button>
        <Button onClick={() => setAsking(true)}>{t('invitation.withdraw')}</Button>
      </div>
      {sending && <ResendDialog invitation={invitation} partner={partner} onClose={() => setSending(false)} />}
      <ConfirmDialog
        open={asking}
        title={t('invitation.withdrawTitle', { partner })}
        action={t('invitation.withdraw')}
        danger
        run={run}
        onClose={() => setAsking(false)}
      >
        <p>
          {t('invitation.withdrawText', { partner })} {partnership.needsCode && t('invitation.withdrawCode')}
        </p>
      </ConfirmDialog>
    </>
  )
}
