import { useTranslation } from 'react-i18next'
import { Code } from '../kit/details/CopyButton'
import { TextField } from '../kit/form/fields'
import type { StepProps } from './guide'
import { field, Tested, useGiven } from './parts'

/** Where people will reach Roomward. */
export function AddressStep({ situation, draft, change, asking }: StepProps) {
  const { t } = useTranslation('setup')
  const given = useGiven(situation)
  return (
    <>
      <p className="sec">{t('address.lead')}</p>
      <div className="form">
        <TextField
          {...field}
          name="publicUrl"
          type="url"
          label={t('address.url')}
          hint={t('address.hint')}
          required
          mono
          maxLength={300}
          disabledReason={given('public-url')}
          value={draft.publicUrl}
          onChange={(publicUrl) => change({ publicUrl })}
        />
      </div>
      <p className="sec">{t('address.follows')}</p>
      <Redirects addresses={situation.registration.redirects} />
      <Tested situation={situation} asking={asking} step="address" known={situation.findings['address'] !== undefined} />
    </>
  )
}

/** The addresses to which Microsoft sends browsers back, to copy. */
export function Redirects({ addresses }: { addresses: readonly string[] }) {
  return (
    <ul className="copies">
      {addresses.map((address) => (
        <li key={address}>
          <Code copy>{address}</Code>
        </li>
      ))}
    </ul>
  )
}

/** Who the partner is. */
export function PartnerStep({ situation, draft, change, asking }: StepProps) {
  const { t } = useTranslation('setup')
  const given = useGiven(situation)
  return (
    <>
      <p className="sec">{t('partner.lead')}</p>
      <div className="form">
        <TextField
          {...field}
          name="tenant"
          label={t('partner.tenant')}
          hint={t('partner.tenantHint')}
          required
          mono
          maxLength={253}
          disabledReason={given('partner-tenant')}
          value={draft.tenant}
          onChange={(tenant) => change({ tenant })}
        />
        <TextField
          {...field}
          name="name"
          label={t('partner.name')}
          hint={t('partner.nameHint')}
          required
          maxLength={120}
          disabledReason={given('partner-name')}
          value={draft.name}
          onChange={(name) => change({ name })}
        />
        <TextField
          {...field}
          name="domains"
          label={t('partner.domains')}
          hint={t('partner.domainsHint')}
          required
          mono
          maxLength={1000}
          disabledReason={given('partner-domains')}
          value={draft.domains}
          onChange={(domains) => change({ domains })}
        />
      </div>
      <Tested situation={situation} asking={asking} step="partner" known={situation.tenant !== ''} />
    </>
  )
}
