import { useTranslation } from 'react-i18next'
import { Failure } from '../kit/Failure'
import { ReviewPart } from '../kit/form/Wizard'
import { Fact, Facts } from '../kit/details/Facts'
import { Findings } from './findings'
import type { StepProps } from './guide'
import type { Registration } from './queries'

/** All that was chosen, with what the tests found, before Roomward starts. */
export function Review({ situation, asking }: Pick<StepProps, 'situation' | 'asking'>) {
  const { t } = useTranslation('setup')
  const { findings, mail } = situation
  return (
    <>
      <p className="sec">{t('review.lead')}</p>
      {asking.error !== undefined && <Failure error={asking.error} />}
      <div className="summary">
        <ReviewPart title={t('address.label')} step="address">
          <p className="mono">{situation.publicUrl}</p>
          <Findings outcomes={findings['address']} />
        </ReviewPart>
        <ReviewPart title={t('partner.label')} step="partner">
          <Facts>
            <Fact label={t('partner.name')}>{situation.name}</Fact>
            <Fact label={t('partner.tenant')}>{situation.tenant}</Fact>
            <Fact label={t('partner.domains')}>{situation.domains.join(', ')}</Fact>
          </Facts>
          <Findings outcomes={findings['partner']} />
        </ReviewPart>
        <ReviewPart title={t('registration.label')} step="registration">
          <Registered registration={situation.registration} />
          <Findings outcomes={findings['registration']} />
        </ReviewPart>
        <ReviewPart title={t('acting.label')} step="acting">
          {situation.acting.clientId === '' ? <p>{t('acting.first')}</p> : <Registered registration={situation.acting} />}
          <Findings outcomes={findings['acting']} />
        </ReviewPart>
        <ReviewPart title={t('managers.label')} step="managers">
          <p>{situation.managerGroup === '' ? t('managers.role') : situation.managerGroup}</p>
          <Findings outcomes={findings['managers']} />
        </ReviewPart>
        <ReviewPart title={t('mail.label')} step="mail">
          <p>{mail.host === '' ? t('mail.off') : `${mail.host}, ${mail.from}`}</p>
          <Findings outcomes={findings['mail']} />
        </ReviewPart>
        <ReviewPart title={t('backups.label')} step="backups">
          {situation.backups.dir === '' ? <p>{t('backups.off')}</p> : <p className="mono">{situation.backups.dir}</p>}
          {situation.backups.dir !== '' && <p>{t(situation.backups.at === '' ? 'backups.byAge' : 'backups.daily', { at: situation.backups.at, keep: situation.backups.keepDays })}</p>}
          <Findings outcomes={findings['backups']} />
        </ReviewPart>
      </div>
      <p className="mut sm">{t('review.secretsNote')}</p>
    </>
  )
}

function Registered({ registration }: { registration: Registration }) {
  const { t } = useTranslation('setup')
  const { clientId, credential, nextCertificate } = registration
  return (
    <Facts>
      <Fact label={t('registration.client')}>{clientId}</Fact>
      <Fact label={t('registration.proof')}>{credential === 'none' ? undefined : t(`review.${credential}`)}</Fact>
      {nextCertificate && <Fact label={t('review.waiting')}>{nextCertificate.thumbprint}</Fact>}
    </Facts>
  )
}
