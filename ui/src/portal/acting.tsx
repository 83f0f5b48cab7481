import { useTranslation } from 'react-i18next'
import { textOf, useSearchText, useSetSearch } from '../kit/address'
import { Message } from '../kit/Message'
import { Card } from '../kit/Page'
import type { Partnership } from './queries'

const outcomes = ['refused', 'wrong-tenant', 'failed'] as const

/** The consent to actions on devices, where that is apart from the one to be read: what it allows, and how it is given and taken back. */
export function ActingCard({ partnership }: { partnership: Partnership }) {
  const { t } = useTranslation('portal')
  const search = useSearchText()
  const setSearch = useSetSearch()
  const partner = partnership.partner.name
  const given = partnership.actingConsent === 'given'
  const missing = partnership.actingConsent === 'missing'
  const told = outcomes.find((known) => known === textOf(search, 'acting'))
  return (
    <Card title={t('acting.title')} note={given ? t('consent.given') : t(missing ? 'consent.none' : 'acting.unknown')}>
      <div className="stack">
        {told !== undefined && !given && (
          <Message tone="warning" onDismiss={() => setSearch({ acting: undefined })}>
            {t(`outcome.${told}`, { organisation: partnership.organisation.name })}
          </Message>
        )}
        <p className="pread">
          {t('acting.what', { partner })} {given ? t('acting.kill', { partner }) : missing ? t('acting.without') : null}
        </p>
        {partnership.administers && missing && <ActingLink />}
      </div>
    </Card>
  )
}

/** The way to Microsoft's page for it. A plain link: the answer is a redirect to another site. */
export function ActingLink() {
  const { t } = useTranslation('portal')
  return (
    <p>
      <a className="btn" href="/consent/acting">
        {t('acting.give')}
      </a>
    </p>
  )
}
