import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../kit/Button'
import { Message } from '../kit/Message'
import { byFeature, usePermissionWords, withTick } from '../kit/permission'
import { useFormat } from '../text/i18n'
import { noEffect, nothingBehind, sameSet, viewOnly } from './ceiling'
import type { DraftState } from './draft'

interface PermissionsStepProps {
  readonly state: DraftState
  readonly catalogue: readonly string[]
  readonly usual: readonly string[]
}

/** The ceiling as a step of the wizard. */
export function PermissionsStep({ state, catalogue, usual }: PermissionsStepProps) {
  const { draft, change, refused } = state
  return <CeilingFields held={draft.ceiling} onChange={(ceiling) => change({ ceiling })} words={refused('permissions')} catalogue={catalogue} usual={usual} />
}

interface CeilingFieldsProps {
  readonly held: readonly string[]
  readonly onChange: (held: readonly string[]) => void
  /** Why it was refused. */
  readonly words: string | undefined
  readonly catalogue: readonly string[]
  readonly usual: readonly string[]
}

/** The ceiling: what any role of the partner can hold at most. What Microsoft offers nothing for is greyed, with the reason. */
export function CeilingFields({ held, onChange, words, catalogue, usual }: CeilingFieldsProps) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const looking = viewOnly(usual)
  const permission = usePermissionWords()
  return (
    <>
      <p className="sec">{t('wizard.permissions.lead')}</p>
      {words !== undefined && <Message tone="critical">{words}</Message>}
      <div className="row" role="group" aria-label={t('wizard.permissions.presets')}>
        <Button small className="ppreset" aria-pressed={sameSet(held, usual)} onClick={() => onChange(usual)}>
          {t('wizard.permissions.standard')}
        </Button>
        <Button small className="ppreset" aria-pressed={sameSet(held, looking)} onClick={() => onChange(looking)}>
          {t('wizard.permissions.viewOnly')}
        </Button>
        <span className="mut" role="status">
          {t('held', { held: format.number(held.length), all: format.number(catalogue.length) })}
        </span>
      </div>
      <div>
        {byFeature(catalogue).map(({ feature, names }) => (
          <fieldset key={feature} className="pgroup">
            <legend>{permission.ofFeature(feature)}</legend>
            <div className="pgrid">
              {names.map((name) => (
                <Permission
                  key={name}
                  name={name}
                  on={held.includes(name)}
                  onTick={(on) => onChange(withTick(held, name, on, catalogue))}
                />
              ))}
            </div>
          </fieldset>
        ))}
      </div>
    </>
  )
}

function Permission({ name, on, onTick }: { name: string; on: boolean; onTick: (on: boolean) => void }) {
  const { t } = useTranslation('portal')
  const words = usePermissionWords()
  const id = useId()
  return (
    <div>
      <label className="tick">
        <input
          type="checkbox"
          name={name}
          checked={on}
          disabled={nothingBehind.includes(name)}
          aria-describedby={id}
          onChange={(event) => onTick(event.target.checked)}
        />
        <span>{words.of(name)}</span>
      </label>
      <p id={id} className="hint in">
        {t(`may.${name}` as 'may.rooms.view', { defaultValue: '' })}
        {noEffect.includes(name) && ` ${t('wizard.permissions.noEffect')}`}
      </p>
    </div>
  )
}
