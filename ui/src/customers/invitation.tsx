import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../kit/Button'
import { Code } from '../kit/details/CopyButton'
import { DetailsPane } from '../kit/details/DetailsPane'
import { Fact, Facts, Section } from '../kit/details/Facts'
import { usePane } from '../kit/details/pane'
import { ConfirmDialog } from '../kit/form/Dialog'
import { Message } from '../kit/Message'
import { Tile } from '../kit/Tile'
import { When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { AgreedFacts, CeilingSection, GrantFacts, LookAlike } from './agreed'
import { useChanged } from './changed'
import { decline, useInvitation, type Detail, type Entry } from './queries'

/** Comes when somebody accepts: a wizard is more than the list needs. */
const AcceptDialog = lazy(async () => ({ default: (await import('./accept')).AcceptDialog }))

/** What a customer offers, before anything of it is known here: the offer, the ceiling, and the two answers. */
export function InvitationPane({ id, row }: { id: string; row: Entry | undefined }) {
  const { t } = useTranslation('customers')
  const format = useFormat()
  const query = useInvitation(id)
  const [asks, setAsks] = useState<'accept' | 'decline'>()
  const invitation = query.data
  const known = invitation ?? row
  const name = known?.name ?? ''
  const pending = invitation?.state === 'pending'
  const close = () => setAsks(undefined)
  return (
    <>
      <DetailsPane
        query={query}
        glyph={<Tile name={name} square large />}
        title={name === '' ? '' : t('invitation.title', { name })}
        subtitle={known && <Subtitle entry={known} by={invitation?.sentBy} />}
        foot={
          pending && (
            <>
              <Button kind="primary" onClick={() => setAsks('accept')}>
                {t('command.accept')}
              </Button>
              <Button onClick={() => setAsks('decline')}>{t('command.decline')}</Button>
              <span className="mut sm grow">{t('invitation.foot')}</span>
            </>
          )
        }
      >
        {invitation && (
          <>
            {invitation.state === 'expired' && invitation.expiresAt && (
              <Message tone="warning">{t('invitation.expired', { name, date: format.date(invitation.expiresAt) })}</Message>
            )}
            {pending && invitation.changedAt !== undefined && <Message>{t('invitation.changed', { name, date: format.moment(invitation.changedAt) })}</Message>}
            {invitation.looksLike !== undefined && <LookAlike name={invitation.looksLike} />}
            <Offer invitation={invitation} />
            <CeilingSection detail={invitation} />
            {invitation.termsVersion && <p className="mut sm">{t('invitation.terms', { version: invitation.termsVersion, name })}</p>}
          </>
        )}
      </DetailsPane>
      {invitation && asks === 'accept' && (
        <Suspense>
          <AcceptDialog invitation={invitation} onClose={close} />
        </Suspense>
      )}
      {invitation && <DeclineDialog open={asks === 'decline'} invitation={invitation} onClose={close} />}
    </>
  )
}

function Subtitle({ entry, by }: { entry: Entry; by: string | undefined }) {
  const { t } = useTranslation('customers')
  const format = useFormat()
  const date = entry.sentAt === undefined ? undefined : format.date(entry.sentAt)
  return (
    <>
      {date !== undefined && (by ? t('invitation.sent', { date, by }) : t('invitation.sentOn', { date }))}{' '}
      {entry.state === 'pending' && entry.expiresAt && (
        <span className="sec">{t('invitation.expires', { date: format.date(entry.expiresAt) })}</span>
      )}
    </>
  )
}

function Offer({ invitation }: { invitation: Detail }) {
  const { t } = useTranslation('customers')
  return (
    <>
      <Section title={t('invitation.who')}>
        <Facts>
          <Fact label={t('fact.claimedName')}>{invitation.name}</Fact>
          <Fact label={t('fact.tenant')}>
            <Code copy>{invitation.tenantId}</Code>
          </Fact>
          <Fact label={t('fact.domains')}>{invitation.domains.join(', ')}</Fact>
        </Facts>
      </Section>
      <Section title={t('invitation.offer')}>
        <Facts>
          <Fact label={t('fact.rooms')}>
            {invitation.roomsOffered !== undefined && <span className="b">{t('roomsToday', { count: invitation.roomsOffered })}</span>}
          </Fact>
          {invitation.grant && <GrantFacts grant={invitation.grant} offered />}
          <Fact label={t('fact.ends')}>{invitation.endsAt ? <When at={invitation.endsAt} as="date" /> : t('noEnd')}</Fact>
          <AgreedFacts detail={invitation} />
          {invitation.state === 'pending' && invitation.expiresAt && (
            <Fact label={t('fact.expires')}>
              <When at={invitation.expiresAt} as="moment" /> <span className="mut">(<When at={invitation.expiresAt} />)</span>
            </Fact>
          )}
        </Facts>
      </Section>
    </>
  )
}

function DeclineDialog({ open, invitation, onClose }: { open: boolean; invitation: Detail; onClose: () => void }) {
  const { t } = useTranslation('customers')
  const pane = usePane()
  const { name, id } = invitation
  const changed = useChanged()
  return (
    <ConfirmDialog
      open={open}
      title={t('decline.title', { name })}
      action={t('decline.action')}
      danger
      run={async () => {
        try {
          await decline(id)
        } catch (error) {
          changed.refused()
          throw error
        }
        pane?.close()
        changed.done(t('decline.done', { name }))
      }}
      onClose={onClose}
    >
      <p>{t('decline.text', { name })}</p>
    </ConfirmDialog>
  )
}
