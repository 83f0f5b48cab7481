import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { refresh } from '../api/query'
import { useGo } from '../kit/address'
import { ButtonLink } from '../kit/Button'
import { Loaded } from '../kit/Failure'
import { useWizard, Wizard } from '../kit/form/Wizard'
import { Message } from '../kit/Message'
import { PlainPage } from '../kit/Page'
import { useSentence } from '../kit/problem'
import { usePlace } from '../kit/scope'
import { useToast } from '../kit/toast'
import { useFormat } from '../text/i18n'
import { domainOf, useDomainCheck } from './check'
import { grantOf, mostRooms } from './choice'
import { ConsentLink } from './consent'
import { isDays, termsHere, useDraft, type DraftState } from './draft'
import { PartnerStep } from './invite.partner'
import { PermissionsStep } from './invite.permissions'
import { ReviewStep } from './invite.review'
import { RoomsStep } from './invite.rooms'
import { TermsStep } from './invite.terms'
import { feature, invite, useCovered, usePartnership, type Partnership } from './queries'
import { spotOf } from './refusal'
import { situationOf } from './situation'
import { useLater } from './later'
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
  if (free && organisation.consent === 'given') return <Invite partnership={partnership} />

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

function Invite({ partnership }: { partnership: Partnership }) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const go = useGo()
  const client = useQueryClient()
  const toast = useToast()
  const sentence = useSentence()
  const { session } = usePlace()
  const state = useDraft(partnership.defaultCeiling)
  const { draft, refused, dirty } = state
  const checked = useDomainCheck()
  const grant = grantOf(draft.choice)
  const asked = useLater(grant)
  const covered = useCovered(asked)
  const partner = checked.verdictOn(draft.domain)?.name ?? partnership.partner.name
  const home = () => go('/portal')

  const send = async () => {
    state.refuse(undefined)
    try {
      await invite({
        partnerDomain: domainOf(draft.domain),
        expiresInDays: draft.days ?? 0,
        grant: grant ?? { all: false },
        ceiling: [...draft.ceiling],
        agreedTerms: termsHere,
        ...(partnership.needsCode && { code: draft.code.trim() }),
      })
    } catch (error) {
      const spot = spotOf(error)
      const own = { rooms: t('wizard.rooms.noneCovered'), terms: t('wizard.terms.changed'), days: t('wizard.partner.daysNeeded') } as const
      if (spot !== undefined) state.refuse({ spot, words: (spot in own ? own[spot as keyof typeof own] : sentence(error)) ?? '' })
      void refresh(client, session, feature)
      throw error
    }
  }

  const known = grant === undefined || JSON.stringify(asked) !== JSON.stringify(grant) || covered.isPlaceholderData ? undefined : covered.data
  const unknownDomain = checked.verdictOn(draft.domain)?.name === undefined && checked.verdictOn(draft.domain) !== undefined
  const roomsProblem = (): string | undefined => {
    if (draft.choice.mode === 'rooms' && draft.choice.rooms.size > mostRooms) return t('wizard.rooms.tooMany', { most: format.number(mostRooms) })
    if (grant === undefined) return draft.choice.mode === 'places' ? t('wizard.rooms.needPlace') : t('wizard.rooms.needRoom')
    return known?.covered === 0 ? t('wizard.rooms.noneCovered') : refused('rooms')
  }
  const problems = {
    domain: draft.domain.trim() === '' ? t('wizard.partner.domainNeeded') : unknownDomain ? t('wizard.partner.domainUnknown') : refused('domain'),
    code: partnership.needsCode && draft.code.trim() === '' ? t('wizard.partner.codeNeeded') : refused('code'),
    days: isDays(draft.days) ? refused('days') : t('wizard.partner.daysNeeded'),
    rooms: roomsProblem(),
    permissions: draft.ceiling.length === 0 ? t('wizard.permissions.none') : refused('permissions'),
    terms: partnership.termsVersion !== termsHere ? t('wizard.terms.changed') : draft.agreed ? refused('terms') : t('wizard.terms.agreeNeeded'),
  }
  const listed = (...found: readonly (string | undefined)[]) => found.filter((one) => one !== undefined)
  const count = covered.data && grant !== undefined ? t('wizard.rooms.count', { covered: format.number(covered.data.covered), total: format.number(covered.data.total) }) : undefined
  const held = t('held', { held: format.number(draft.ceiling.length), all: format.number(partnership.permissions.length) })

  return (
    <Wizard
      title={t('wizard.title')}
      submit={t('wizard.submit')}
      note={t('wizard.note', { partner })}
      dirty={dirty}
      send={send}
      onDone={() => {
        toast(t('wizard.sent', { partner }))
        void refresh(client, session, feature)
        home()
      }}
      onCancel={home}
      steps={[
        {
          id: 'partner',
          label: t('wizard.partner.label'),
          summary: t('wizard.partner.summary', { domain: domainOf(draft.domain) }),
          problems: listed(problems.domain, problems.code, problems.days),
          leave: () => checked.check(draft.domain),
          content: () => <PartnerStep state={state} checked={checked} needsCode={partnership.needsCode} problems={problems} />,
        },
        {
          id: 'rooms',
          label: t('wizard.rooms.label'),
          summary: count,
          problems: listed(problems.rooms),
          content: () => <RoomsStep state={state} grant={grant} covered={covered} />,
        },
        {
          id: 'permissions',
          label: t('wizard.permissions.label'),
          summary: held,
          problems: listed(problems.permissions),
          content: () => <PermissionsStep state={state} catalogue={partnership.permissions} usual={partnership.defaultCeiling} />,
        },
        {
          id: 'terms',
          label: t('wizard.terms.label'),
          summary: draft.agreed ? t('wizard.terms.agreed') : undefined,
          problems: listed(problems.terms),
          content: () => (
            <TermsStep state={state} partner={partner} organisation={partnership.organisation.name} days={partnership.retentionDays} problem={problems.terms} />
          ),
        },
        {
          id: 'review',
          label: t('wizard.review.label'),
          content: () => (
            <>
              <Back state={state} />
              <ReviewStep draft={draft} grant={grant} covered={covered.data} partner={partner} catalogue={partnership.permissions} retention={partnership.retentionDays} />
            </>
          ),
        },
      ]}
    />
  )
}

/** Leads from the review to the step that the server's refusal is about. */
function Back({ state }: { state: DraftState }) {
  const { goTo, step } = useWizard()
  const to = state.refusedStep
  useEffect(() => {
    if (to !== undefined && step === 'review') goTo(to)
    // Only a new refusal moves: `goTo` is another function at each render.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [state.refusal])
  return null
}
