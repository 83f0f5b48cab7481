import { useTranslation } from 'react-i18next'
import { ChoiceField, DateField } from '../kit/form/fields'
import { useWizard } from '../kit/form/Wizard'
import { Message } from '../kit/Message'
import { useNow } from '../kit/When'
import { dayOf } from './agreed'
import { ControlFields } from './control'
import type { DraftState } from './draft'
import type { AuthContext } from './queries'

const day = 86_400_000

interface ControlStepProps {
  readonly state: DraftState
  readonly partner: string
  readonly events: readonly string[]
  readonly contexts: readonly AuthContext[]
}

/** What waits for the customer, how the partner's people sign in, and until when. */
export function ControlStep({ state, partner, events, contexts }: ControlStepProps) {
  const { t } = useTranslation('portal')
  const now = useNow()
  const { tried } = useWizard()
  const { draft, change, refused } = state
  const wrong = refused('control')
  const stay = { onLeave: () => undefined }
  return (
    <div className="form">
      <section className="stack">
        <h3 className="b">{t('control.title')}</h3>
        <p className="sec">{t('control.lead', { partner })}</p>
        {wrong !== undefined && <Message tone="critical">{wrong}</Message>}
        <ControlFields events={events} value={draft.control} onChange={(control) => change({ control })} />
      </section>
      <SigninField {...stay} name="strongAuth" contexts={contexts} value={draft.strongAuth} onChange={(strongAuth) => change({ strongAuth })} reason={refused('strongAuth')} partner={partner} />
      <DateField
        {...stay}
        name="endsOn"
        label={t('endDate.label')}
        hint={t('endDate.hint')}
        min={dayOf(now + day)}
        value={draft.endsOn}
        onChange={(endsOn) => change({ endsOn })}
        reason={tried || refused('end') !== undefined ? (refused('end') ?? undefined) : undefined}
      />
    </div>
  )
}

interface SigninFieldProps {
  readonly name: string
  readonly contexts: readonly AuthContext[]
  readonly value: string
  readonly onChange: (value: string) => void
  readonly onLeave: () => void
  readonly reason: string | undefined
  readonly partner: string
}

/** What the partner's people must meet when they sign in: one of the contexts that the partner offers, or nothing beyond its own rules. */
export function SigninField({ contexts, value, partner, ...field }: SigninFieldProps) {
  const { t } = useTranslation('portal')
  const known = contexts.some((one) => one.id === value)
  return (
    <ChoiceField<string>
      {...field}
      label={t('signin.label')}
      hint={contexts.length === 0 ? t('signin.noneOffered', { partner }) : t('signin.hint', { partner })}
      value={value}
      options={[
        { value: '', label: t('signin.own'), hint: t('signin.ownHint', { partner }) },
        ...contexts.map((one) => ({ value: one.id, label: one.name })),
        ...(value === '' || known ? [] : [{ value, label: value, hint: t('signin.gone', { partner }) }]),
      ]}
    />
  )
}
