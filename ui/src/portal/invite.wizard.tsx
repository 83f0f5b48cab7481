import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { refresh } from '../api/query'
import { useGo } from '../kit/address'
import { useWizard, Wizard } from '../kit/form/Wizard'
import { useSentence } from '../kit/problem'
import { usePlace } from '../kit/scope'
import { useToast } from '../kit/toast'
import { useFormat } from '../text/i18n'
import { bounds, within } from './agreed'
import { domainOf, useDomainCheck } from './check'
import { grantOf, mostRooms } from './choice'
import { contactsFault, draftOf, isDays, offerOf, termsHere, useDraft, type DraftState } from './draft'
import { ControlStep } from './invite.control'
import { DataStep } from './invite.data'
import { PartnerStep } from './invite.partner'
import { PermissionsStep } from './invite.permissions'
import { ReviewStep } from './invite.review'
import { RoomsStep } from './invite.rooms'
import { TermsStep } from './invite.terms'
import { useLater } from './later'
import { changeOffer, feature, invite, useCovered, type Invitation, type Partnership } from './queries'
import { spotOf } from './refusal'
import './portal.css'

interface InviteWizardProps {
  readonly partnership: Partnership
  /** The pending one that is changed; absent for a new one. */
  readonly invitation?: Invitation
}

/** The offer, step by step: a new one, or another in the place of one that waits. */
export function InviteWizard({ partnership, invitation }: InviteWizardProps) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const go = useGo()
  const client = useQueryClient()
  const toast = useToast()
  const sentence = useSentence()
  const { session, me } = usePlace()
  const { events } = partnership
  const state = useDraft(() => draftOf(partnership, me.person.userPrincipalName, invitation))
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
      const offer = offerOf(draft, events)
      if (invitation !== undefined) await changeOffer(invitation, offer)
      else {
        await invite({
          ...offer,
          partnerDomain: domainOf(draft.domain),
          expiresInDays: draft.days ?? 0,
          ...(partnership.needsCode && { code: draft.code.trim() }),
        })
      }
    } catch (error) {
      const spot = spotOf(error)
      const own = {
        rooms: t('wizard.rooms.noneCovered'),
        terms: t('wizard.terms.changed'),
        days: t('wizard.partner.daysNeeded'),
        strongAuth: t('signin.refused'),
        end: t('endDate.ahead'),
        contacts: t('contacts.wrong'),
      } as const
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
  const dataProblem = (spot: 'retention' | 'seal'): string | undefined => (within(draft[spot], bounds[spot]) ? refused(spot) : t(`data.${spot}Needed`))
  const contactsProblem = (): string | undefined => {
    const fault = contactsFault(draft.contacts)
    return fault === undefined ? refused('contacts') : t(`contacts.${fault}`)
  }
  const problems = {
    domain: draft.domain.trim() === '' ? t('wizard.partner.domainNeeded') : unknownDomain ? t('wizard.partner.domainUnknown') : refused('domain'),
    code: partnership.needsCode && draft.code.trim() === '' ? t('wizard.partner.codeNeeded') : refused('code'),
    days: isDays(draft.days) ? refused('days') : t('wizard.partner.daysNeeded'),
    rooms: roomsProblem(),
    permissions: draft.ceiling.length === 0 ? t('wizard.permissions.none') : refused('permissions'),
    control: [refused('control'), refused('strongAuth'), refused('end')],
    retention: dataProblem('retention'),
    seal: dataProblem('seal'),
    contacts: contactsProblem(),
    terms: partnership.termsVersion !== termsHere ? t('wizard.terms.changed') : draft.agreed ? refused('terms') : t('wizard.terms.agreeNeeded'),
  }
  const listed = (...found: readonly (string | undefined)[]) => found.filter((one) => one !== undefined)
  const count = covered.data && grant !== undefined ? t('wizard.rooms.count', { covered: format.number(covered.data.covered), total: format.number(covered.data.total) }) : undefined
  const waits = events.filter((event) => draft.control[event] === 'manual').length
  const held = t('held', { held: format.number(draft.ceiling.length), all: format.number(partnership.permissions.length) })

  return (
    <Wizard
      title={t(invitation === undefined ? 'wizard.title' : 'wizard.changeTitle')}
      submit={t(invitation === undefined ? 'wizard.submit' : 'wizard.changeSubmit')}
      note={t(invitation === undefined ? 'wizard.note' : 'wizard.changeNote', { partner })}
      dirty={dirty}
      send={send}
      onDone={() => {
        toast(t(invitation === undefined ? 'wizard.sent' : 'wizard.changed', { partner }))
        void refresh(client, session, feature)
        home()
      }}
      onCancel={home}
      steps={[
        // Whom an invitation is for, and its code, stay as they were sent.
        ...(invitation !== undefined
          ? []
          : [
              {
                id: 'partner',
                label: t('wizard.partner.label'),
                summary: t('wizard.partner.summary', { domain: domainOf(draft.domain) }),
                problems: listed(problems.domain, problems.code, problems.days),
                leave: () => checked.check(draft.domain),
                content: () => <PartnerStep state={state} checked={checked} needsCode={partnership.needsCode} problems={problems} />,
              },
            ]),
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
          id: 'control',
          label: t('wizard.control.label'),
          summary: t('wizard.control.summary', { count: waits }),
          problems: listed(...problems.control),
          content: () => <ControlStep state={state} partner={partner} events={events} contexts={partnership.authContexts} />,
        },
        {
          id: 'data',
          label: t('wizard.data.label'),
          summary: t('retention', { count: draft.retention ?? 0 }),
          problems: listed(problems.retention, problems.seal, problems.contacts),
          content: () => <DataStep state={state} partner={partner} problems={problems} />,
        },
        {
          id: 'terms',
          label: t('wizard.terms.label'),
          summary: draft.agreed ? t('wizard.terms.agreed') : undefined,
          problems: listed(problems.terms),
          content: () => (
            <TermsStep state={state} partner={partner} organisation={partnership.organisation.name} actsApart={partnership.actsApart} draft={draft} problem={problems.terms} />
          ),
        },
        {
          id: 'review',
          label: t('wizard.review.label'),
          content: () => (
            <>
              <Back state={state} />
              <ReviewStep draft={draft} grant={grant} covered={covered.data} partner={partner} partnership={partnership} invitation={invitation} />
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
