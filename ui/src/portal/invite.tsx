import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ButtonLink } from '../kit/Button'
import { Loaded } from '../kit/Failure'
import { Message } from '../kit/Message'
import { PlainPage } from '../kit/Page'
import { ConsentLink } from './consent'
import { InviteWizard } from './invite.wizard'
import { usePartnership, type Partnership } from './queries'
import { situationOf } from './situation'
import './portal.css'

/** Invites the partner: an exact offer, understood before it is sent (screens.md 4.11). */
export function Page() {
  const query = usePartnership()
  const { t } = useTranslation('portal')
  if (query.data !== undefined) return <Gate partnership={query.data} />
  return (
    <PlainPage title={t('wizard.title')}>
      <Loaded query={query} lines={8}>
        {() => null}
      </Loaded>
    </PlainPage>
  )
}

/** Lets in who may invite now. What changes while the wizard is open does not take the draft away: sending says it. */
function Gate({ partnership }: { partnership: Partnership }) {
  const { t } = useTranslation('portal')
  const [start] = useState(partnership)
  const { organisation, refusal } = start
  const partner = start.partner.name
  const situation = situationOf(start)
  const free = situation === 'open' || situation === 'ended'
  if (free && organisation.consent === 'given') return <InviteWizard partnership={partnership} />

  const why = (): ReactNode => {
    if (refusal !== undefined) return <Message tone="critical" title={t('government')}>{t('governmentText')}</Message>
    if (situation === 'hidden') return <Message>{t('onlyAdmin', { organisation: organisation.name })}</Message>
    if (situation === 'active' || situation === 'halted' || situation === 'unled') return <Message>{t('wizard.relation', { partner })}</Message>
    if (situation === 'pending') return <Message>{t('wizard.pending')}</Message>
    return <Message>{t('wizard.noConsent')}</Message>
  }
  return (
    <PlainPage title={t('wizard.title')}>
      {why()}
      {free && (
        <div className="stack">
          <ConsentLink again={organisation.consent === 'withdrawn'} />
        </div>
      )}
      <div>
        <ButtonLink page="/portal">{t('wizard.home')}</ButtonLink>
      </div>
    </PlainPage>
  )
}
