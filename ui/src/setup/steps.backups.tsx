import { useTranslation } from 'react-i18next'
import { ChoiceField, NumberField, TextField } from '../kit/form/fields'
import type { Draft } from './draft'
import type { StepProps } from './guide'
import { field, Tested, useGiven } from './parts'

/** Where and when backups are made, if by schedule. */
export function BackupsStep({ situation, draft, change, asking }: StepProps) {
  const { t } = useTranslation('setup')
  const given = useGiven(situation)
  return (
    <>
      <p className="sec">{t('backups.lead')}</p>
      <div className="form">
        <ChoiceField
          {...field}
          name="backups"
          label={t('backups.how')}
          disabledReason={given('backup-dir')}
          value={draft.backups}
          onChange={(backups) => change({ backups })}
          options={[
            { value: 'on', label: t('backups.on') },
            { value: 'off', label: t('backups.off'), hint: t('backups.offHint') },
          ]}
        />
        {draft.backups === 'on' && (
          <>
            <TextField
              {...field}
              name="dir"
              label={t('backups.dir')}
              hint={t('backups.dirHint')}
              required
              mono
              maxLength={1000}
              disabledReason={given('backup-dir')}
              value={draft.dir}
              onChange={(dir) => change({ dir })}
            />
            <NumberField
              {...field}
              name="keepDays"
              label={t('backups.keep')}
              hint={t('backups.keepHint')}
              min={1}
              max={30}
              disabledReason={given('backup-keep')}
              value={draft.keep}
              onChange={(keep) => change({ keep })}
            />
            <TextField
              {...field}
              name="at"
              label={t('backups.at')}
              hint={t('backups.atHint')}
              mono
              maxLength={5}
              disabledReason={given('backup-at')}
              value={draft.at}
              onChange={(at) => change({ at })}
            />
          </>
        )}
      </div>
      <Tested situation={situation} asking={asking} step="backups" known={situation.findings['backups'] !== undefined} />
    </>
  )
}

/** The plan of the draft, as the guide is asked for it. */
export function planOf({ backups, dir, keep, at }: Draft) {
  return { dir: backups === 'on' ? dir.trim() : '', keepDays: keep ?? 30, at: at.trim() }
}
