import { useTranslation } from 'react-i18next'
import { Button } from '../kit/Button'
import { Code } from '../kit/details/CopyButton'
import { SmallTable } from '../kit/details/SmallTable'
import { AreaField, ChoiceField, TextField } from '../kit/form/fields'
import { IconExport } from '../kit/icons'
import { Message } from '../kit/Message'
import { useFormat } from '../text/i18n'
import type { ProofDraft } from './draft'
import type { StepProps } from './guide'
import { field, useGiven } from './parts'
import { ask, type Registration, type Situation } from './queries'

/** The registration that reads, or that which acts. */
export type Which = 'registration' | 'acting'

interface WhichProps extends StepProps {
  readonly which: Which
}

interface ProofProps extends Pick<StepProps, 'situation' | 'asking'> {
  readonly which: Which
  readonly draft: ProofDraft
  readonly change: (part: Partial<ProofDraft>) => void
}

/** The permissions of a registration, and what they are for. */
export function Permissions({ registration }: { registration: Registration }) {
  const { t } = useTranslation('setup')
  return (
    <SmallTable
      caption={t('registration.permissionsTitle')}
      rows={registration.permissions}
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
  )
}

/** The client id of a registration, and its proof. */
export function ProofFields(props: WhichProps) {
  const { t } = useTranslation('setup')
  const { situation, which, asking } = props
  const given = useGiven(situation)
  const prefix = which === 'acting' ? 'act-' : ''
  const draft = props.draft[which]
  const change = (part: Partial<ProofDraft>) => props.change({ [which]: { ...draft, ...part } })
  return (
    <>
      <div className="form">
        <TextField
          {...field}
          name="clientId"
          label={t('registration.client')}
          hint={t('registration.clientHint')}
          required
          mono
          maxLength={36}
          disabledReason={given(`${prefix}client-id`)}
          value={draft.clientId}
          onChange={(clientId) => change({ clientId })}
        />
        <ChoiceField
          {...field}
          name="proof"
          label={t('registration.proof')}
          disabledReason={given(`${prefix}certificate`, `${prefix}client-secret`, `${prefix}client-secret-file`)}
          value={draft.proof}
          onChange={(proof) => change({ proof })}
          options={(['certificate', 'secret', 'pem'] as const).map((value) => ({ value, label: t(`registration.${value}`), hint: t(`registration.${value}Hint`) }))}
        />
        <Proof situation={situation} which={which} asking={asking} draft={draft} change={change} />
      </div>
      <Waiting {...props} />
    </>
  )
}

/** The way to Microsoft's page on which the own tenant consents. */
export function Consent({ situation, which }: { situation: Situation; which: Which }) {
  const { t } = useTranslation('setup')
  const { consentUrl } = situation[which]
  if (consentUrl === undefined || situation.findings[which] === undefined) return null
  return (
    <a className="btn" href={consentUrl} title={t('registration.consentHint')}>
      {t('registration.consent')}
    </a>
  )
}

/** Whether a draft names a proof, or one is kept. */
export function hasProof({ credential, nextCertificate }: Registration, draft: ProofDraft): boolean {
  switch (draft.proof) {
    case 'secret':
      return draft.secret !== '' || credential === 'secret'
    case 'pem':
      return draft.pem !== '' || credential === 'certificate' || nextCertificate !== undefined
    default:
      return credential === 'certificate' || nextCertificate !== undefined
  }
}

/** A draft as the guide is asked for it. */
export function inputOf({ clientId, proof, secret, pem }: ProofDraft) {
  return { clientId: clientId.trim(), ...(proof === 'secret' && secret !== '' && { secret }), ...(proof === 'pem' && pem !== '' && { pem }) }
}

function Proof({ situation, which, draft, change, asking }: ProofProps) {
  const { t } = useTranslation('setup')
  const format = useFormat()
  const { certificate, credential, nextCertificate } = situation[which]
  const newest = nextCertificate ?? certificate
  if (draft.proof === 'secret') {
    return (
      <TextField
        {...field}
        name="secret"
        type="password"
        label={t('registration.secretValue')}
        hint={credential === 'secret' ? t('registration.secretKept') : undefined}
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
        <Button busy={asking.busy === 'certificate'} onClick={() => void asking.run('certificate', ask[which].certificate)}>
          {t(newest ? 'registration.makeAnother' : 'registration.makeCertificate')}
        </Button>
        {newest && (
          <Button icon={IconExport} onClick={() => download(newest.pem, which === 'acting' ? 'roomward-actions.pem' : 'roomward.pem')}>
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

function download(pem: string, name: string) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([pem], { type: 'application/x-pem-file' }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

/** Which proof is in use, while a new certificate waits for Microsoft to know it. */
function Waiting({ situation, which, asking }: WhichProps) {
  const { t } = useTranslation('setup')
  const { certificate, nextCertificate: next } = situation[which]
  if (!next) return null
  const used = certificate ? t('registration.usedCertificate', { thumbprint: certificate.thumbprint }) : t('review.secret')
  return (
    <Message tone="brand">
      <p>{t('registration.inUse', { used })}</p>
      <p>{t('registration.waits', { thumbprint: next.thumbprint })}</p>
      <Button small busy={asking.busy === 'drop'} onClick={() => void asking.run('drop', ask[which].dropCertificate)}>
        {t('registration.drop')}
      </Button>
    </Message>
  )
}
