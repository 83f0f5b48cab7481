import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refresh } from '../api/query'
import { Button } from '../kit/Button'
import { Fact } from '../kit/details/Facts'
import { Failure } from '../kit/Failure'
import { ConfirmDialog } from '../kit/form/Dialog'
import { IconGroup } from '../kit/icons'
import { Message } from '../kit/Message'
import { Card } from '../kit/Page'
import { usePlace } from '../kit/scope'
import { Tag } from '../kit/status'
import { Tile } from '../kit/Tile'
import { useToast } from '../kit/toast'
import { useFormat } from '../text/i18n'
import { confirmAdmins, feature, refuseAdmins, useOwnAdmins, type AdminProposal, type Partnership } from './queries'
import './portal.css'

/** A relation that nobody of the partner can run: said, and the proposal that waits for the person, if there is one. */
export function AdminProposalCard({ partnership }: { partnership: Partnership }) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const missing = partnership.administers && partnership.relation?.state === 'without-admin'
  const { data, error, refetch } = useOwnAdmins(missing)
  const partner = partnership.partner.name
  if (!missing) return null
  if (data === undefined) return error === null ? null : <Failure error={error} retry={refetch} />
  if (data.proposal !== undefined) return <Waiting key={data.proposal.id} proposal={data.proposal} partner={partner} />
  return (
    <Message tone="warning">
      {data.withoutAdminSince !== undefined && t('admins.since', { date: format.moment(data.withoutAdminSince) })} {t('admins.missingText', { partner })}
    </Message>
  )
}

function Waiting({ proposal, partner }: { proposal: AdminProposal; partner: string }) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const client = useQueryClient()
  const toast = useToast()
  const { session } = usePlace()
  const [busy, setBusy] = useState(false)
  const [refusing, setRefusing] = useState(false)
  const [failed, setFailed] = useState<unknown>(undefined)
  const decide = async (decision: (id: string) => Promise<unknown>, said: string) => {
    try {
      await decision(proposal.id)
    } finally {
      void refresh(client, session, feature) // refused: the proposal changed, and the page should show the present one
    }
    toast(said)
  }
  const confirm = async () => {
    setBusy(true)
    setFailed(undefined)
    try {
      await decide(confirmAdmins, t('admins.confirmed'))
    } catch (error) {
      setFailed(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Card title={t('admins.waits')}>
      <div className="stack">
        <p className="b">{t('admins.proposes', { partner })}</p>
        <p className="sec">{t('admins.why', { partner })}</p>
        <ul className="plines">
          {proposal.members.map((member) => (
            <li key={member.id} className="row">
              {member.kind === 'group' ? <IconGroup className="i" aria-hidden /> : <Tile name={member.name} />}
              <span>{member.name}</span>
              <span className="mut">{t(`admins.${member.kind}`)}</span>
            </li>
          ))}
        </ul>
        <p className="mut sm">{t('admins.by', { by: proposal.proposedBy, partner, date: format.moment(proposal.proposedAt) })}</p>
        {failed !== undefined && <Failure error={failed} />}
        <div className="row">
          <Button kind="primary" busy={busy} onClick={() => void confirm()}>
            {t('admins.confirm')}
          </Button>
          <Button onClick={() => setRefusing(true)}>{t('admins.refuse')}</Button>
        </div>
      </div>
      <ConfirmDialog
        open={refusing}
        title={t('admins.refuseTitle', { partner })}
        action={t('admins.refuse')}
        danger
        run={() => decide(refuseAdmins, t('admins.refused'))}
        onClose={() => setRefusing(false)}
      >
        <p>{t('admins.refuseText', { partner })}</p>
      </ConfirmDialog>
    </Card>
  )
}

/** Who runs the rooms at the partner, as a fact of the relation; with the reason of those who cannot act. */
export function AdminsFact() {
  const { t } = useTranslation('portal')
  const { data } = useOwnAdmins(true)
  if (data === undefined) return null
  return (
    <Fact label={t('fact.admins')}>
      <span className="plines">
        {data.members.length === 0 && <span className="mut">{t('admins.none')}</span>}
        {data.members.map((member) => (
          <span key={member.id}>
            {member.name} {member.kind === 'group' && <span className="mut">{t('admins.group')}</span>}{' '}
            {member.absent && <Tag tone="warning">{t(`admins.${member.absent}`)}</Tag>}
          </span>
        ))}
      </span>
    </Fact>
  )
}
