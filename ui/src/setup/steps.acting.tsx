import { useTranslation } from 'react-i18next'
import { ChoiceField } from '../kit/form/fields'
import type { StepProps } from './guide'
import { field, Tested, useGiven } from './parts'
import { Consent, Permissions, ProofFields } from './proof'
import { Redirects } from './steps.first'
import { Manifest } from './steps.registration'

/** Whether an application of its own acts on devices, and which. */
export function ActingStep(props: StepProps) {
  const { t } = useTranslation('setup')
  const { situation, draft, change, asking } = props
  const { acting } = situation
  const given = useGiven(situation)
  return (
    <>
      <p className="sec">{t('acting.lead')}</p>
      <div className="form">
        <ChoiceField
          {...field}
          name="acts"
          label={t('acting.who')}
          disabledReason={given('act-client-id')}
          value={draft.acts}
          onChange={(acts) => change({ acts })}
          options={(['first', 'second'] as const).map((value) => ({ value, label: t(`acting.${value}`), hint: t(`acting.${value}Hint`) }))}
        />
      </div>
      {draft.acts === 'second' && (
        <>
          <div className="cols">
            <h3>{t('registration.make')}</h3>
            <p>{t('acting.make')}</p>
            <p>{t('registration.redirects')}</p>
            <Redirects addresses={acting.redirects} />
            <h3>{t('registration.permissionsTitle')}</h3>
            <p>{t('registration.permissions')}</p>
            <Permissions registration={acting} />
            <p>{t('acting.remove')}</p>
            <Manifest registration={acting} />
          </div>
          <h3>{t('acting.proofTitle')}</h3>
          <ProofFields {...props} which="acting" />
        </>
      )}
      <Tested situation={situation} asking={asking} step="acting" known={draft.acts === 'second' && acting.clientId !== '' && acting.credential !== 'none'}>
        {draft.acts === 'second' && <Consent situation={situation} which="acting" />}
      </Tested>
    </>
  )
}
