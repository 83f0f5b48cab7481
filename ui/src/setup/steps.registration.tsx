import { useTranslation } from 'react-i18next'
import { Button } from '../kit/Button'
import { Code, useCopy } from '../kit/details/CopyButton'
import { SmallTable } from '../kit/details/SmallTable'
import { AreaField, ChoiceField, TextField } from '../kit/form/fields'
import { IconCopy, IconExport } from '../kit/icons'
import { Message } from '../kit/Message'
import { useFormat } from '../text/i18n'
import type { StepProps } from './guide'
import { field, Tested, useGiven } from './parts'
import { ask, type Situation } from './queries'
import { Redirects } from './steps.first'

/** What to make in Entra, and how Roomward proves there that it is the application. */
export function RegistrationStep(props: StepProps) {
  const { t } = useTranslation('setup')
  const { situation, draft, change, asking } = props
  const given = useGiven(situation)
  return (
    <>
      <p className="sec">{t('registration.lead')}</p>
      <InEntra situation={situation} />
      <h3>{t('registration.proofTitle')}</h3>
      <div className="form">
        <TextField
          {...field}
          name="clientId"
          label={t('registration.client')}
          hint={t('registration.clientHint')}
          required
          mono
          maxLength={36}
          disabledReason={given('client-id')}
          value={draft.clientId}
          onChange={(clientId) => change({ clientId })}
        />
        <ChoiceField
          {...field}
          name="proof"
          label={t('registration.proof')}
          disabledReason={given('certificate', 'client-secret', 'client-secret-file')}
          value={draft.proof}
          onChange={(proof) => change({ proof })}
          options={(['certificate', 'secret', 'pem'] as const).map((value) => ({ value, label: t(`registration.${value}`), hint: t(`registration.${value}Hint`) }))}
        />
        <Proof {...props} />
      </div>
      <Waiting {...props} />
      <Tested situation={situation} asking={asking} step="registration" known={situation.clientId !== '' && situation.credential !== 'none'}>
        {situation.consentUrl !== undefined && situation.findings['registration'] !== undefined && (
          <a className="btn" href={situation.consentUrl} title={t('registration.consentHint')}>
            {t('registration.consent')}
          </a>
        )}
      </Tested>
    </>
  )
}

/** The table of the README's first chapter, to copy from. */
function InEntra({ situation }: { situation: Situation }) {
  const { t } = useTranslation('setup')
  const copy = useCopy()
  return (
    <div className="cols">
      <h3>{t('registration.make')}</h3>
      <p>{t('registration.types')}</p>
      <p>{t('registration.redirects')}</p>
      <Redirects situation={situation} />
      <h3>{t('registration.permissionsTitle')}</h3>
      <p>{t('registration.permissions')}</p>
      <SmallTable
        caption={t('registration.permissionsTitle')}
        rows={situation.permissions}
        keyOf={(row) => row.name}
        columns={[
          { id: 'name', head: t('registration.name'), weight: 3, cell: (row) => <Code copy>{row.name}</Code> },
          {
            id: 'why',
            head: t('registration.why'),
            weight: 3,
            cell: (row) => (
              <>
                {t(`why.${row.name.replaceAll('.', '_')}` as 'why.Place_Read_All')}
                {row.optional !== undefined && <span className="mut"> ({t('registration.optional')})</span>}
              </>
            ),
          },
        ]}
      />
      <h3>{t('registration.claimsTitle')}</h3>
      <p>{t('registration.claims', { claims: 'login_hint' })}</p>
      <p>{t('registration.role', { role: 'Manager' })}</p>
      <details>
        <summary>{t('registration.manifest')}</summary>
        <p className="mut sm">{t('registration.manifestHint')}</p>
        <pre tabIndex={0}>{situation.manifest}</pre>
        <Button small icon={IconCopy} onClick={() => void copy(situation.manifest)}>
          {t('registration.manifest')}
        </Button>
      </details>
    </div>
  )
}

function Proof({ situation, draft, change, asking }: StepProps) {
  const { t } = useTranslation('setup')
  const format = useFormat()
  const { certificate } = situation
  const newest = situation.nextCertificate ?? certificate
  if (draft.proof === 'secret') {
    return (
      <TextField
        {...field}
        name="secret"
        type="password"
        label={t('registration.secretValue')}
        hint={situation.credential === 'secret' ? t('registration.secretKept') : undefined}
        mono
        maxLength={2000}
        value={draft.secret}
        onChange={(secret) => change({ secret })}
      />
    )
  }
  if (draft.proof === 'pem') {
    return (
      <AreaField
        {...field}
        name="pem"
        label={t('registration.pemText')}
        hint={certificate ? t('registration.pemKept') : undefined}
        rows={6}
        maxLength={20000}
        value={draft.pem}
        onChange={(pem) => change({ pem })}
      />
    )
  }
  return (
    <div className="cols">
      <div className="row">
        <Button busy={asking.busy === 'certificate'} onClick={() => void asking.run('certificate', ask.certificate)}>
          {t(newest ? 'registration.makeAnother' : 'registration.makeCertificate')}
        </Button>
        {newest && (
          <Button icon={IconExport} onClick={() => download(newest.pem)}>
            {t('registration.download')}
          </Button>
        )}
      </div>
      {newest && (
        <p className="sec" data-thumbprint={newest.thumbprint}>
          {t('registration.upload', { thumbprint: newest.thumbprint, until: format.date(newest.until) })}
        </p>
      )}
    </div>
  )
}

function download(pem: string) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([pem], { type: 'application/x-pem-file' }))
  link.download = 'roomward.pem'
  link.click()
  URL.revokeObjectURL(link.href)
}

/** Which proof is in use, while a new certificate waits for Microsoft to know it. */
function Waiting({ situation, asking }: StepProps) {
  const { t } = useTranslation('setup')
  const { certificate, nextCertificate: next } = situation
  if (!next) return null
  const used = certificate ? t('registration.usedCertificate', { thumbprint: certificate.thumbprint }) : t('review.secret')
  return (
    <Message tone="brand">
      <p>{t('registration.inUse', { used })}</p>
      <p>{t('registration.waits', { thumbprint: next.thumbprint })}</p>
      <Button small busy={asking.busy === 'drop'} onClick={() => void asking.run('drop', ask.dropCertificate)}>
        {t('registration.drop')}
      </Button>
    </Message>
  )
}
