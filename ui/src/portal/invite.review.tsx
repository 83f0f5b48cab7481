import { useTranslation } from 'react-i18next'
import { ReviewPart } from '../kit/form/Wizard'
import { useNow } from '../kit/When'
import { IconCheckFilled, IconNever } from '../kit/icons'
import { useFormat } from '../text/i18n'
import { domainOf } from './check'
import { termsHere, type Draft } from './draft'
import { Allowed, Lines } from './parts'
import { addressesIn, endOfDay } from './agreed'
import { ControlLines } from './control'
import type { Covered, Grant, Invitation, Partnership } from './queries'
import { grantWords } from './words'

const day = 86_400_000

interface ReviewStepProps {
  readonly draft: Draft
  readonly grant: Grant | undefined
  readonly covered: Covered | undefined
  readonly partner: string
  readonly partnership: Partnership
  /** The pending one that is changed. */
  readonly invitation: Invitation | undefined
}

/** The whole offer once more, each part with the way back to it. */
export function ReviewStep({ draft, grant, covered, partner, partnership, invitation }: ReviewStepProps) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const now = useNow()
  const days = draft.days ?? 0
  const ends = endOfDay(draft.endsOn)
  const words = grant && grantWords(grant, format, t)
  const { permissions, events, authContexts } = partnership
  const never = permissions.filter((name) => !draft.ceiling.includes(name))
  return (
    <>
      <p className="sec">{t('wizard.review.lead', { partner })}</p>
      {invitation === undefined && (
        <ReviewPart title={t('wizard.partner.label')} step="partner">
          <Lines
            lines={[
              <span key="name" className="b">
                {partner}
              </span>,
              <span key="domain" className="mono">
                {domainOf(draft.domain)}
              </span>,
              t('wizard.review.expires', { days: t('wizard.review.days', { count: days }), date: format.date(now + days * day) }),
            ]}
          />
        </ReviewPart>
      )}
        <ReviewPart title={t('wizard.rooms.label')} step="rooms">
          <Lines
            lines={[
              <span key="count" className="b">
                {covered && t('wizard.review.roomsOf', { covered: format.number(covered.covered), total: format.number(covered.total) })}
              </span>,
              ...(words?.covers ?? []),
              ...(words?.except ?? []).map((line) => (
                <span key={line} className="mut">
                  {t('leftOut', { line })}
                </span>
              )),
            ]}
          />
        </ReviewPart>
        <ReviewPart title={t('wizard.permissions.label')} step="permissions">
          <div className="ptwo">
            <div className="stack">
              <span className="st healthy">
                <IconCheckFilled className="i" aria-hidden />
                <span className="b">{t('wizard.review.may')}</span>
              </span>
              <Allowed names={draft.ceiling} />
            </div>
            {never.length > 0 && (
              <div className="stack">
                <span className="st">
                  <IconNever className="i" aria-hidden />
                  <span className="b">{t('wizard.review.never')}</span>
                </span>
                <Allowed names={never} no />
              </div>
            )}
          </div>
        </ReviewPart>
        <ReviewPart title={t('wizard.control.label')} step="control">
          <div className="stack">
            <ControlLines events={events} value={draft.control} />
            <Lines
              lines={[
                t('signin.line', {
                  how: authContexts.find((one) => one.id === draft.strongAuth)?.name ?? (draft.strongAuth === '' ? t('signin.ownAt', { partner }) : draft.strongAuth),
                }),
                ends === undefined ? t('endDate.none') : t('endDate.on', { date: format.date(ends) }),
              ]}
            />
          </div>
        </ReviewPart>
        <ReviewPart title={t('wizard.data.label')} step="data">
          <Lines
            lines={[
              t('retention', { count: draft.retention ?? 0 }),
              draft.seal === 0 ? t('data.sealNone') : t('data.sealed', { count: draft.seal ?? 0 }),
              t('contacts.to', { addresses: format.list([...addressesIn(draft.contacts)]) }),
            ]}
          />
        </ReviewPart>
        <ReviewPart title={t('wizard.terms.label')} step="terms">
          {t('wizard.review.terms', { version: termsHere })}
        </ReviewPart>
    </>
  )
}
