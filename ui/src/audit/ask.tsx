import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { refresh } from '../api/query'
import { ConfirmDialog } from '../kit/form/Dialog'
import { usePlace } from '../kit/scope'
import { useToast } from '../kit/toast'
import { askExport, feature } from './queries'

interface AskProps {
  readonly customer: string
  readonly open: boolean
  readonly onClose: () => void
}

/** Asks to export the record of a customer that approves it first: the dialog says when it waits. */
export function AskExport({ customer, open, onClose }: AskProps) {
  const { t } = useTranslation('audit')
  const client = useQueryClient()
  const toast = useToast()
  const { session, customerName: name = '' } = usePlace()
  const run = async () => {
    await askExport(customer)
    toast(t('ask.done'))
    void refresh(client, session, feature)
  }
  return (
    <ConfirmDialog open={open} title={t('ask.title', { name })} action={t('ask.action')} run={run} onClose={onClose}>
      <p>{t('ask.text', { name })}</p>
    </ConfirmDialog>
  )
}
