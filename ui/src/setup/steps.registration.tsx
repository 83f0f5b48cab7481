import { useTranslation } from 'react-i18next'
import { Button } from '../kit/Button'
import { useCopy } from '../kit/details/CopyButton'
import { IconCopy } from '../kit/icons'
import type { StepProps } from './guide'
import { Tested } from './parts'
import { Consent, Permissions, ProofFields } from './proof'
import type { Registration } from './queries'
import { Redirects } from './steps.first'

/** What to make in Entra, and how Roomward proves there that it is the application. */
export function RegistrationStep(props: StepProps) {
  const { t } = useTranslation('setup')
  const { situation, asking } = props
  const { registration } = situation
  return (
    <>
      <p className="sec">{t('registration.lead')}</p>
      <div className="cols">
        <h3>{t('registration.make')}</h3>
        <p>{t('registration.types')}</p>
        <p>{t('registration.redirects')}</p>
        <Redirects addresses={registration.redirects} />
        <h3>{t('registration.permissionsTitle')}</h3>
        <p>{t('registration.permissions')}</p>
        <Permissions registration={registration} />
        <h3>{t('registration.claimsTitle')}</h3>
        <p>{t('registration.claims', { claims: 'login_hint' })}</p>
        <p>{t('registration.role', { role: 'Manager' })}</p>
        <Manifest registration={registration} />
      </div>
      <h3>{t('registration.proofTitle')}</h3>
      <ProofFields {...props} which="registration" />
      <Tested situation={situation} asking={asking} step="registration" known={registration.clientId !== '' && registration.credential !== 'none'}>
        <Consent situation={situation} which="registration" />
      </Tested>
    </>
  )
}

/** The same for whoever pastes it. */
export function Manifest({ registration }: { registration: Registration }) {
  const { t } = useTranslation('setup')
  const copy = useCopy()
  return (
    <details>
      <summary>{t('registration.manifest')}</summary>
      <p className="mut sm">{t('registration.manifestHint')}</p>
      <pre tabIndex={0}>{registration.manifest}</pre>
      <Button small icon={IconCopy} onClick={() => void copy(registration.manifest)}>
        {t('registration.manifest')}
      </Button>
    </details>
  )
}
