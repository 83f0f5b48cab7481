import { useTranslation } from 'react-i18next'
import { PageLink } from '../kit/address'
import { Message } from '../kit/Message'
import { Card } from '../kit/Page'
import { useFormat } from '../text/i18n'
import type { Partnership } from './queries'
import { Step, type Progress } from './step'

const progressOf: Record<Partnership['organisation']['consent'], Progress> = { none: 'now', given: 'done', withdrawn: 'halted' }

/** The consent in Entra: whether it stands, what it technically allows, and the way to Microsoft's page (design.md 15). */
export function ConsentStep({ partnership }: { partnership: Partnership }) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const { organisation, administers, ended } = partnership
  const { consent, consentAt } = organisation
  const partner = partnership.partner.name
  // What was known of the consent went with the relation: it may have been given.
  const forgotten = consent === 'none' && ended !== undefined
  const state =
    consent === 'given' && consentAt !== undefined
      ? t('consent.givenOn', { date: format.date(consentAt) })
      : forgotten
        ? t('consent.ended', { date: format.date(ended.endedAt) })
        : t(`consent.${consent}`)
  return (
    <Step number={1} title={t('consent.title')} state={state} progress={progressOf[consent]}>
      {consent === 'none' && <p>{forgotten ? t('consent.endedText') : t('consent.why', { partner })}</p>}
      {consent === 'withdrawn' && <Message tone="warning">{t('consent.gone', { partner })}</Message>}
      <p>
        {t('consent.wide')} {consent === 'given' && t('consent.kill', { partner })}
      </p>
      {administers && consent !== 'given' && <ConsentLink again={consent === 'withdrawn' || forgotten} />}
    </Step>
  )
}

/** The consent of a relation in force: what it allows, and how it is taken back. */
export function ConsentCard({ partnership }: { partnership: Partnership }) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const { consent, consentAt } = partnership.organisation
  return (
    <Card title={t('consent.title')} action={<PageLink page="/portal/microsoft">{t('consent.works')}</PageLink>} note={consent === 'given' && consentAt !== undefined ? t('consent.givenOn', { date: format.date(consentAt) }) : t(`consent.${consent}`)}>
      <p className="pread">
        {t('consent.wide')} {t('consent.kill', { partner: partnership.partner.name })}
      </p>
    </Card>
  )
}

/** The way to Microsoft's page. A plain link: the answer is a redirect to another site. */
export function ConsentLink({ again }: { again?: boolean }) {
  const { t } = useTranslation('portal')
  return (
    <>
      <p>
        <a className="btn p" href="/consent">
          {again ? t('consent.again') : t('consent.give')}
        </a>
      </p>
      <p className="mut sm">{t('consent.where')}</p>
    </>
  )
}
