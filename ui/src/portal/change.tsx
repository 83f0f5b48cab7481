import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ButtonLink } from '../kit/Button'
import { Loaded } from '../kit/Failure'
import { Message } from '../kit/Message'
import { PlainPage } from '../kit/Page'
import { InviteWizard } from './invite.wizard'
import { usePartnership, type Partnership } from './queries'
import './portal.css'

/** Changes the offer of an invitation that waits: the partner sees the new one, and accepts only what it has read. */
export function Page() {
  const { t } = useTranslation('portal')
  const query = usePartnership()
  if (query.data !== undefined) return <Gate partnership={query.data} />
  return (
    <PlainPage title={t('wizard.changeTitle')}>
      <Loaded query={query} lines={8}>
        {() => null}
      </Loaded>
    </PlainPage>
  )
}

/** What changes while the wizard is open does not take the draft away: sending says it. */
function Gate({ partnership }: { partnership: Partnership }) {
  const { t } = useTranslation('portal')
  const [start] = useState(partnership)
  const { invitation, administers, organisation } = start
  if (administers && invitation?.state === 'pending') return <InviteWizard partnership={start} invitation={invitation} />
  return (
    <PlainPage title={t('wizard.changeTitle')}>
      <Message>{administers ? t('wizard.nonePending') : t('onlyAdmin', { organisation: organisation.name })}</Message>
      <div>
        <ButtonLink page="/portal">{t('wizard.home')}</ButtonLink>
      </div>
    </PlainPage>
  )
}
