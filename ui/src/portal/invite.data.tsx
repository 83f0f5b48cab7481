import { useTranslation } from 'react-i18next'
import { AreaField, NumberField } from '../kit/form/fields'
import { useWizard } from '../kit/form/Wizard'
import type { DraftState } from './draft'

interface DataStepProps {
  readonly state: DraftState
  readonly partner: string
  readonly problems: { readonly retention: string | undefined; readonly seal: string | undefined; readonly contacts: string | undefined }
}

/** How long things are kept, and who is told. */
export function DataStep({ state, partner, problems }: DataStepProps) {
  const { t } = useTranslation('portal')
  const { tried } = useWizard()
  const { draft, change, refused } = state
  const reason = (field: 'retention' | 'seal' | 'contacts') => (tried || refused(field) !== undefined ? problems[field] : undefined)
  const stay = { onLeave: () => undefined }
  return (
    <div className="form">
      <NumberField
        {...stay}
        name="retentionDays"
        label={t('data.retention')}
        hint={t('data.retentionHint', { partner })}
        suffix={t('data.days')}
        min={30}
        max={1095}
        required
        value={draft.retention}
        onChange={(retention) => change({ retention })}
        reason={reason('retention')}
      />
      <NumberField
        {...stay}
        name="sealDays"
        label={t('data.seal')}
        hint={t('data.sealHint')}
        suffix={t('data.days')}
        min={0}
        max={365}
        required
        value={draft.seal}
        onChange={(seal) => change({ seal })}
        reason={reason('seal')}
      />
      <AreaField
        {...stay}
        name="contacts"
        label={t('contacts.label')}
        hint={t('contacts.hint')}
        required
        rows={3}
        maxLength={1_400}
        value={draft.contacts}
        onChange={(contacts) => change({ contacts })}
        reason={reason('contacts')}
      />
    </div>
  )
}
