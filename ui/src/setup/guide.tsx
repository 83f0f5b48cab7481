import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { WizardFrame, useWizardParts } from '../kit/form/Wizard'
import { Message } from '../kit/Message'
import { useToast } from '../kit/toast'
import { Started } from './door'
import { draftOf, itemsOf, type Draft } from './draft'
import { worstOf } from './findings'
import { ask, plainly, useAsking, type Situation, type StepId } from './queries'
import { hasProof, inputOf, type Which } from './proof'
import { ActingStep } from './steps.acting'
import { AddressStep, PartnerStep } from './steps.first'
import { BackupsStep, planOf } from './steps.backups'
import { MailStep } from './steps.mail'
import { ManagersStep } from './steps.managers'
import { RegistrationStep } from './steps.registration'
import { Review } from './steps.review'

const order: readonly StepId[] = ['address', 'partner', 'registration', 'acting', 'managers', 'mail', 'backups']

/** Where somebody who comes back goes on: the step that Microsoft's page led back to, else the first in which something is missing. */
function beginning(situation: Situation): string {
  const asked = new URLSearchParams(location.search).get('step')
  if (asked !== null && order.includes(asked as StepId)) return asked
  if (situation.missing.some((name) => name.startsWith('partner'))) return situation.tenant === '' && situation.registration.clientId === '' ? 'address' : 'partner'
  return situation.missing.length > 0 ? 'registration' : 'review'
}

/** What every step is given. */
export interface StepProps {
  readonly situation: Situation
  readonly draft: Draft
  readonly change: (part: Partial<Draft>) => void
  readonly asking: ReturnType<typeof useAsking>
}

/** The guide: each step keeps what was entered and tests it for real, before the next one. */
export function Guide({ situation }: { situation: Situation }) {
  const { t } = useTranslation('setup')
  const toast = useToast()
  const asking = useAsking()
  const [draft, setDraft] = useState<Draft>(() => draftOf(situation))
  const [begin] = useState(() => beginning(situation))
  const [started, setStarted] = useState<string>()
  const accepted = useRef(new Set<string>()) // findings that were on the screen already when Next was pressed
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }))
  const props: StepProps = { situation, draft, change, asking }

  /** Keeps and tests; stays at what is broken, and once at a warning so that it is read. */
  const test = async (step: StepId, call: () => Promise<Situation>): Promise<boolean> => {
    const answer = await call().catch((failure: unknown) => {
      throw plainly(failure)
    })
    asking.keep(answer)
    const outcomes = answer.findings[step] ?? []
    const worst = worstOf(outcomes)
    const seen = step + JSON.stringify(outcomes)
    if (worst === 'broken') return false
    if (worst === 'warning' && !accepted.current.has(seen)) {
      accepted.current.add(seen)
      return false
    }
    return true
  }
  const unproven = (which: Which) => draft[which].clientId.trim() === '' || !hasProof(situation[which], draft[which])
  const prove = async (which: Which): Promise<boolean> => {
    const good = await test(which, () => ask[which].set(inputOf(draft[which])))
    change({ [which]: { ...draft[which], secret: '', pem: '' } }) // kept or refused, they need not stay in this page's memory
    return good
  }
  const broken = order.filter((step) => worstOf(situation.findings[step]) === 'broken')

  const parts = useWizardParts({
    title: t('title'),
    submit: t('review.start'),
    begin,
    send: async () => {
      const { publicUrl } = await ask.finish()
      setStarted(publicUrl)
    },
    steps: [
      {
        id: 'address',
        label: t('address.label'),
        summary: situation.publicUrl,
        problems: draft.publicUrl.trim() === '' ? [t('address.needed')] : [],
        leave: () => test('address', () => ask.address(draft.publicUrl.trim())),
        content: () => <AddressStep {...props} />,
      },
      {
        id: 'partner',
        label: t('partner.label'),
        summary: situation.name === '' ? undefined : situation.name,
        problems: [draft.tenant, draft.name, draft.domains].some((text) => text.trim() === '') ? [t('partner.needed')] : [],
        leave: () => test('partner', () => ask.partner({ tenant: draft.tenant.trim(), name: draft.name, domains: itemsOf(draft.domains) })),
        content: () => <PartnerStep {...props} />,
      },
      {
        id: 'registration',
        label: t('registration.label'),
        summary: situation.registration.clientId === '' ? undefined : situation.registration.clientId,
        problems: unproven('registration') ? [t('registration.needed')] : [],
        leave: () => prove('registration'),
        content: () => <RegistrationStep {...props} />,
      },
      {
        id: 'acting',
        label: t('acting.label'),
        summary: t(situation.acting.clientId === '' ? 'acting.first' : 'acting.second'),
        problems: draft.acts === 'second' && unproven('acting') ? [t('registration.needed')] : [],
        leave: () => (draft.acts === 'second' ? prove('acting') : test('acting', () => ask.acting.set({ clientId: '' }))),
        content: () => <ActingStep {...props} />,
      },
      {
        id: 'managers',
        label: t('managers.label'),
        summary: t(situation.managerGroup === '' ? 'managers.role' : 'managers.group'),
        problems: draft.managers === 'group' && draft.group.trim() === '' ? [t('managers.needed')] : [],
        leave: () => test('managers', () => ask.managers(draft.managers === 'group' ? draft.group.trim() : '')),
        content: () => <ManagersStep {...props} />,
      },
      {
        id: 'mail',
        label: t('mail.label'),
        summary: situation.mail.host === '' ? t('mail.off') : situation.mail.host,
        problems: draft.mail === 'server' && (draft.host.trim() === '' || draft.from.trim() === '') ? [t('mail.needed')] : [],
        leave: async () => {
          const good = await test('mail', () => ask.mail(mailOf(draft)))
          change({ password: '' })
          return good
        },
        content: () => <MailStep {...props} onSent={() => toast(t('mail.sent'))} />,
      },
      {
        id: 'backups',
        label: t('backups.label'),
        summary: situation.backups.dir === '' ? undefined : situation.backups.dir,
        problems: draft.backups === 'on' && (draft.dir.trim() === '' || draft.keep === undefined || draft.keep < 1 || draft.keep > 30) ? [t('backups.needed')] : [],
        leave: () => test('backups', () => ask.backups(planOf(draft))),
        content: () => <BackupsStep {...props} />,
      },
      {
        id: 'review',
        label: t('review.label'),
        problems: broken.length > 0 ? [t('review.broken', { steps: broken.map((step) => t(`${step}.label`)).join(', ') })] : [],
        content: () => <Review situation={situation} asking={asking} />,
      },
    ],
  })
  if (started !== undefined) return <Started address={started} />
  return (
    <main className="setup">
      {situation.trial && <Message tone="warning">{t('trial')}</Message>}
      <div className="main">
        <WizardFrame {...parts} content={<div className="wcol">{parts.content}</div>} />
      </div>
    </main>
  )
}

/** The mail server of the draft, as the guide is asked for it. */
export function mailOf(draft: Draft) {
  if (draft.mail === 'none') return { host: '' }
  const { host, port, user, password, tls, from } = draft
  return { host, port, user, tls, from, noticeMail: itemsOf(draft.notice), ...(password !== '' && { password }) }
}
