import { useTranslation } from 'react-i18next'
import { CheckField } from '../kit/form/fields'
import { useWizard } from '../kit/form/Wizard'
import { termsHere, type Draft, type DraftState } from './draft'

interface TermsStepProps {
  readonly state: DraftState
  readonly partner: string
  readonly organisation: string
  /** Whether actions take a consent of their own. */
  readonly actsApart: boolean
  readonly draft: Draft
  readonly problem: string | undefined
}

/** Where Roomward departs from what one may expect, in plain words (design.md 15); agreed to by a tick that is never set beforehand. */
export function TermsStep({ state, partner, organisation, actsApart, draft, problem }: TermsStepProps) {
  const { t } = useTranslation('portal')
  const { tried } = useWizard()
  const { change, refused } = state
  const parts: readonly (readonly [string, string])[] = [
    [t('wizard.terms.data'), t('wizard.terms.dataText', { partner })],
    [t('wizard.terms.kept'), t('wizard.terms.keptText', { count: draft.retention ?? 0 })],
    [t('wizard.terms.consent'), `${t('wizard.terms.consentText')} ${t(actsApart ? 'wizard.terms.actsApart' : 'wizard.terms.actsToo')}`],
    [t('wizard.terms.people'), t('wizard.terms.peopleText')],
    [t('wizard.terms.sign'), t('wizard.terms.signText', { partner })],
    [t('wizard.terms.approve'), t('wizard.terms.approveText', { partner })],
    [t('wizard.terms.decline'), t('wizard.terms.declineText')],
    [t('wizard.terms.end'), t('wizard.terms.endText', { partner })],
    [t('wizard.terms.seal'), draft.seal === 0 ? t('wizard.terms.sealNone') : t('wizard.terms.sealText', { count: draft.seal ?? 0 })],
    [t('wizard.terms.record'), t('wizard.terms.recordText')],
    [t('wizard.terms.limits'), t('wizard.terms.limitsText')],
  ]
  return (
    <>
      <p className="sec">{t('wizard.terms.lead', { version: termsHere })}</p>
      <div className="pterms">
        {parts.map(([title, text]) => (
          <section key={title}>
            <h3>{title}</h3>
            <p>{text}</p>
          </section>
        ))}
      </div>
      <div className="pagree">
        <CheckField
          name="agreedTerms"
          label={t('wizard.terms.agree', { organisation })}
          value={draft.agreed}
          onChange={(agreed) => change({ agreed })}
          onLeave={() => undefined}
          reason={tried || refused('terms') !== undefined ? problem : undefined}
        />
      </div>
    </>
  )
}
