import { useTranslation } from 'react-i18next'
import { Button } from '../kit/Button'
import { ChoiceField, TextField } from '../kit/form/fields'
import type { StepProps } from './guide'
import { field, Tested, useGiven } from './parts'
import { ask } from './queries'

/** Who names tenant managers; and a sign-in that tests it with the rest. */
export function ManagersStep({ situation, draft, change, asking }: StepProps) {
  const { t } = useTranslation('setup')
  const given = useGiven(situation)
  const tryOne = () =>
    asking.run('signin', async () => {
      // What is chosen here is kept first: the page comes back anew.
      const kept = await ask.managers(draft.managers === 'group' ? draft.group.trim() : '')
      const { address } = await ask.signin()
      location.assign(address)
      return kept
    })
  return (
    <>
      <p className="sec">{t('managers.lead')}</p>
      <div className="form">
        <ChoiceField
          {...field}
          name="managers"
          label={t('managers.who')}
          disabledReason={given('manager-group')}
          value={draft.managers}
          onChange={(managers) => change({ managers })}
          options={(['role', 'group'] as const).map((value) => ({ value, label: t(`managers.${value}`), hint: t(`managers.${value}Hint`) }))}
        />
        {draft.managers === 'group' && (
          <TextField
            {...field}
            name="managerGroup"
            label={t('managers.groupId')}
            required
            mono
            maxLength={36}
            disabledReason={given('manager-group')}
            value={draft.group}
            onChange={(group) => change({ group })}
          />
        )}
      </div>
      {situation.signinTest && situation.missing.length === 0 && (
        <div className="cols">
          <div className="row">
            <Button busy={asking.busy === 'signin'} onClick={() => void tryOne()}>
              {t('managers.try')}
            </Button>
          </div>
          <p className="mut sm">{t('managers.tryHint')}</p>
        </div>
      )}
      <Tested situation={situation} asking={asking} step="managers" known={situation.findings['managers'] !== undefined} />
    </>
  )
}
