import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../kit/Button'
import { SmallTable } from '../kit/details/SmallTable'
import { Failure } from '../kit/Failure'
import { Card } from '../kit/Page'
import { useFormat } from '../text/i18n'
import { decidedOf } from './invitation'
import { useInvitations } from './queries'

/** Rows that are shown before somebody asks for the older ones. */
const few = 5

/** The invitations before the latest one, and what became of them. Absent when there are none. */
export function PastInvitations({ latest }: { latest: string | undefined }) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const [all, setAll] = useState(false)
  const { data, error, refetch } = useInvitations(true)
  if (data === undefined) return error === null ? null : <Failure error={error} retry={refetch} />
  const past = data.filter((invitation) => invitation.id !== latest && invitation.state !== 'pending')
  if (past.length === 0) return null
  const shown = all ? past : past.slice(0, few)
  return (
    <Card title={t('invitation.past')}>
      <SmallTable
        caption={t('invitation.past')}
        rows={shown}
        keyOf={(invitation) => invitation.id}
        columns={[
          { id: 'sent', head: t('fact.sent'), weight: 2, cell: (one) => format.date(one.sentAt) },
          { id: 'by', head: t('fact.by'), weight: 3, cell: (one) => one.sentBy },
          { id: 'partner', head: t('fact.partner'), weight: 3, cell: (one) => one.partnerDomain },
          { id: 'state', head: t('fact.state'), weight: 4, cell: (one) => one.state !== 'pending' && t(`invitation.${one.state}`, { date: format.date(decidedOf(one)) }) },
        ]}
      />
      {past.length > shown.length && (
        <Button small onClick={() => setAll(true)}>
          {t('invitation.showAll', { count: past.length - shown.length })}
        </Button>
      )}
    </Card>
  )
}
