import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { NumberField, TextField } from '../kit/form/fields'
import { useWizard } from '../kit/form/Wizard'
import { IconCheck } from '../kit/icons'
import { useNow } from '../kit/When'
import { useFormat } from '../text/i18n'
import type { DomainCheck } from './check'
import { isDays, type DraftState } from './draft'

const day = 86_400_000

interface PartnerStepProps {
  readonly state: DraftState
  readonly checked: DomainCheck
  readonly needsCode: boolean
  readonly problems: { readonly domain: string | undefined; readonly code: string | undefined; readonly days: string | undefined }
}

/** Whom, with which code, and until when. The domain is checked when the field is left. */
export function PartnerStep({ state, checked, needsCode, problems }: PartnerStepProps) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const now = useNow()
  const { tried } = useWizard()
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const { draft, change, refused } = state
  const name = checked.verdictOn(draft.domain)?.name
  const leave = (field: string) => setLeft((before) => new Set(before).add(field))
  const reason = (field: 'domain' | 'code' | 'days') =>
    tried || left.has(field) || refused(field) !== undefined ? problems[field] : undefined
  return (
    <div className="form">
      <div className="stack">
        <TextField
          name="partnerDomain"
          label={t('wizard.partner.domain')}
          hint={t('wizard.partner.domainHint')}
          required
          maxLength={253}
          value={draft.domain}
          onChange={(domain) => {
            change({ domain })
            setLeft((before) => new Set([...before].filter((one) => one !== 'domain')))
          }}
          onLeave={() => {
            leave('domain')
            // When nobody can say now, Next asks again and shows why.
            if (draft.domain.trim() !== '') checked.check(draft.domain).catch(() => undefined)
          }}
          reason={reason('domain')}
        />
        <span role="status">
          {name !== undefined && (
            <span className="pfound">
              <IconCheck className="i s" aria-hidden />
              {t('wizard.partner.found', { name })}
            </span>
          )}
          {name === undefined && checked.busy && <span className="mut sm">{t('wizard.partner.checking')}</span>}
        </span>
      </div>
      {needsCode && (
        <TextField
          name="code"
          label={t('wizard.partner.code')}
          hint={t('wizard.partner.codeHint')}
          required
          mono
          maxLength={40}
          value={draft.code}
          onChange={(code) => change({ code })}
          onLeave={() => leave('code')}
          reason={reason('code')}
        />
      )}
      <NumberField
        name="expiresInDays"
        label={t('wizard.partner.days')}
        hint={isDays(draft.days) ? t('wizard.partner.daysHint', { date: format.date(now + draft.days * day) }) : undefined}
        suffix={t('wizard.partner.daysUnit')}
        min={1}
        max={30}
        required
        value={draft.days}
        onChange={(days) => change({ days })}
        onLeave={() => leave('days')}
        reason={reason('days')}
      />
    </div>
  )
}
