import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refresh } from '../api/query'
import { Button } from '../kit/Button'
import { ConfirmDialog } from '../kit/form/Dialog'
import { IconDelete, IconExport } from '../kit/icons'
import { ButtonMenu } from '../kit/Menu'
import { Message } from '../kit/Message'
import { Card } from '../kit/Page'
import { usePlace } from '../kit/scope'
import { useToast } from '../kit/toast'
import { useNow } from '../kit/When'
import { useFormat } from '../text/i18n'
import { dropRecord, endRelation, feature, type Partnership } from './queries'

/** Ending the relation: what ends and what is erased, and the partner's name typed (screens.md 4.10). */
export function RemovePartner({ partnership }: { partnership: Partnership }) {
  const { t } = useTranslation('portal')
  const client = useQueryClient()
  const { session } = usePlace()
  const toast = useToast()
  const [open, setOpen] = useState(false)
  const partner = partnership.partner.name
  const rooms = partnership.relation?.rooms ?? 0
  const sealed = partnership.relation?.sealDays ?? 0
  return (
    <>
      <Button icon={IconDelete} onClick={() => setOpen(true)}>
        {t('end.command')}
      </Button>
      <ConfirmDialog
        open={open}
        title={t('end.title', { partner })}
        action={t('end.command')}
        danger
        typed={partner}
        typedLabel={t('end.typed', { partner })}
        run={async () => {
          await endRelation(partner)
          void refresh(client, session, feature)
          toast(t('end.done', { partner }))
        }}
        onClose={() => setOpen(false)}
      >
        <p>{t('end.ends', { partner })}</p>
        <div>
          <p className="b">{t('end.erased', { partner })}</p>
          <ul className="bullets">
            <li>{t('end.erased1', { count: rooms })}</li>
            <li>{t('end.erased2', { partner })}</li>
            <li>{t('end.erased3')}</li>
          </ul>
        </div>
        <p>{sealed === 0 ? t('end.noRecord') : t('end.record', { count: sealed })}</p>
        <p>{t('end.final', { partner })}</p>
      </ConfirmDialog>
    </>
  )
}

/** What is kept of a relation that has ended, and until when: to be taken, or to be deleted at once. */
export function KeptRecord({ partnership }: { partnership: Partnership }) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const client = useQueryClient()
  const { session } = usePlace()
  const toast = useToast()
  const [dropping, setDropping] = useState(false)
  const ended = partnership.relation === undefined ? partnership.ended : undefined
  const partner = partnership.partner.name
  const lost = ended?.recordLost === true && <Message tone="important">{t('record.lost', { partner })}</Message>
  const record = ended?.record
  if (record === undefined) return lost || null
  const older = record.endedAt !== ended?.endedAt
  return (
    <>
      {lost}
      <Card title={older ? t('record.titleOf', { date: format.date(record.endedAt) }) : t('record.title')}>
        <div className="stack">
          <p className="sec">{t('record.text', { count: record.entries, date: format.moment(record.until), partner })}</p>
          <p className="row wraps">
            <a className="btn p" href="/api/partnership/record" download>
              <IconExport className="i" aria-hidden />
              {t('record.download')}
            </a>
            <Button onClick={() => setDropping(true)}>{t('record.drop')}</Button>
          </p>
        </div>
        <ConfirmDialog
          open={dropping}
          title={t('record.dropTitle')}
          action={t('record.drop')}
          danger
          run={async () => {
            await dropRecord()
            void refresh(client, session, feature)
            toast(t('record.dropped'))
          }}
          onClose={() => setDropping(false)}
        >
          <p>{t('record.dropText')}</p>
        </ConfirmDialog>
      </Card>
    </>
  )
}

/** The record as it is now, in the forms that there are of it. */
export function ExportRecord() {
  const { t } = useTranslation('portal')
  const forms = { csv: 'audit.csv', jsonl: 'audit.jsonl', sealed: 'audit/sealed.jsonl' } as const
  return (
    <ButtonMenu
      label={t('export.command')}
      icon={IconExport}
      items={(['csv', 'jsonl', 'sealed'] as const).map((form) => ({ id: form, label: t(`export.${form}`), download: `/api/partnership/${forms[form]}` }))}
    />
  )
}

const month = 30 * 24 * 3_600_000

/** That the relation ends, and when: by its date within the last 30 days, or because the consent is withdrawn. */
export function ComingEnd({ partnership }: { partnership: Partnership }) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const now = useNow()
  const { relation } = partnership
  const partner = partnership.partner.name
  if (relation === undefined) return null
  const { endsAt, purgeAt } = relation
  return (
    <>
      {purgeAt !== undefined && <Message tone="warning">{t('coming.purge', { date: format.moment(purgeAt), partner })}</Message>}
      {endsAt !== undefined && new Date(endsAt).getTime() - now <= month && (
        <Message tone="warning">{t('coming.date', { date: format.moment(endsAt), partner })}</Message>
      )}
    </>
  )
}
