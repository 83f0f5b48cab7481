import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { refresh } from '../api/query'
import { FormDialog } from '../kit/form/Dialog'
import { NumberField } from '../kit/form/fields'
import { useForm } from '../kit/form/useForm'
import { usePlace } from '../kit/scope'
import { useToast } from '../kit/toast'
import { useNow } from '../kit/When'
import { useFormat } from '../text/i18n'
import { isDays, usualDays } from './draft'
import { feature, resend, type Invitation } from './queries'

const day = 86_400_000

/** Sends a pending invitation again: the partner is told once more, and it can be accepted for so many days from now. */
export function ResendDialog({ invitation, partner, onClose }: { invitation: Invitation; partner: string; onClose: () => void }) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const now = useNow()
  const client = useQueryClient()
  const toast = useToast()
  const { session } = usePlace()
  const form = useForm<{ expiresInDays: number | undefined }>({
    initial: { expiresInDays: usualDays },
    check: ({ expiresInDays }) => (isDays(expiresInDays) ? {} : { expiresInDays: t('wizard.partner.daysNeeded') }),
    send: ({ expiresInDays }) => resend(invitation.id, expiresInDays ?? 0).finally(() => void refresh(client, session, feature)),
    done: () => {
      toast(t('invitation.resent', { partner }))
      onClose()
    },
  })
  const days = form.values.expiresInDays
  return (
    <FormDialog open title={t('invitation.resendTitle', { partner })} form={form} submit={t('invitation.resend')} onClose={onClose}>
      <p>{t('invitation.resendText', { partner })}</p>
      <NumberField
        {...form.field('expiresInDays')}
        label={t('wizard.partner.days')}
        hint={isDays(days) ? t('wizard.partner.daysHint', { date: format.date(now + days * day) }) : undefined}
        suffix={t('wizard.partner.daysUnit')}
        min={1}
        max={30}
        required
      />
    </FormDialog>
  )
}
