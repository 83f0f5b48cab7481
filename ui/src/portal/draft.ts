import { useState } from 'react'
import { addressesIn, bounds, choiceOf, controlOf, dayOf, endOfDay, isAddress, type Control } from './agreed'
import { everything, grantOf, type Choice } from './choice'
import type { Invitation, Offer, Partnership } from './queries'
import { stepOf, type Spot } from './refusal'

/** The terms that the texts of this build say. Whoever agrees, agrees to these and to no others. */
export const termsHere = '2027-03'

/** An invitation in the making. */
export interface Draft {
  readonly domain: string
  readonly code: string
  readonly days: number | undefined
  readonly choice: Choice
  readonly ceiling: readonly string[]
  readonly control: Control
  /** The id of an authentication context; '' for none. */
  readonly strongAuth: string
  /** The last day of the relation, 'YYYY-MM-DD'; '' for no end. */
  readonly endsOn: string
  readonly retention: number | undefined
  readonly seal: number | undefined
  /** Mail addresses, one a line. */
  readonly contacts: string
  readonly agreed: boolean
}

/** What the server refused: where it is said, and in which words. */
export interface Refusal {
  readonly spot: Spot
  readonly words: string
}

/** How long an invitation is open unless somebody says otherwise, in days. */
export const usualDays = 10
const spotsOf: Readonly<Record<keyof Draft, readonly Spot[]>> = {
  domain: ['domain'],
  code: ['code'],
  days: ['days'],
  choice: ['rooms'],
  ceiling: ['permissions'],
  control: ['control'],
  strongAuth: ['strongAuth'],
  endsOn: ['end'],
  retention: ['retention'],
  seal: ['seal'],
  contacts: ['contacts'],
  agreed: ['terms'],
}

/** The draft with what the server said about it; a refusal goes when what it was about changes. */
export interface DraftState {
  readonly draft: Draft
  readonly change: (part: Partial<Draft>) => void
  readonly dirty: boolean
  readonly refusal: Refusal | undefined
  readonly refuse: (refusal: Refusal | undefined) => void
  /** The words of the refusal of a spot. */
  readonly refused: (spot: Spot) => string | undefined
  /** The step to which a refusal leads. */
  readonly refusedStep: string | undefined
}

/** The draft that a wizard begins with: that of an invitation that is changed, else the usual. `me` is the person's own address. */
export function draftOf(partnership: Partnership, me: string, invitation?: Invitation): Draft {
  const { defaultCeiling, events, retentionDays, sealDays } = partnership
  if (invitation === undefined) {
    return {
      domain: '',
      code: '',
      days: usualDays,
      choice: everything,
      ceiling: defaultCeiling,
      control: controlOf(events, {}),
      strongAuth: '',
      endsOn: '',
      retention: retentionDays,
      seal: sealDays,
      contacts: isAddress(me) ? me : '',
      agreed: false,
    }
  }
  return {
    domain: invitation.partnerDomain,
    code: '',
    days: usualDays,
    choice: choiceOf(invitation.grant).choice,
    ceiling: invitation.ceiling,
    control: controlOf(events, invitation.changeControl),
    strongAuth: invitation.strongAuth ?? '',
    endsOn: dayOf(invitation.endsAt),
    retention: invitation.retentionDays,
    seal: invitation.sealDays,
    contacts: invitation.contacts.join('\n'),
    agreed: false,
  }
}

/** What a draft offers, as the server takes it. */
export function offerOf(draft: Draft, events: readonly string[]): Offer {
  const endsAt = endOfDay(draft.endsOn)
  return {
    grant: grantOf(draft.choice) ?? { all: false },
    ceiling: [...draft.ceiling],
    changeControl: controlOf(events, draft.control),
    strongAuth: draft.strongAuth,
    ...(endsAt !== undefined && { endsAt }),
    retentionDays: draft.retention ?? 0,
    sealDays: draft.seal ?? 0,
    contacts: [...addressesIn(draft.contacts)],
    agreedTerms: termsHere,
  }
}

/** What the addresses of a text lack; undefined when they are well. */
export function contactsFault(text: string): 'none' | 'many' | 'wrong' | undefined {
  const found = addressesIn(text)
  if (found.length === 0) return 'none'
  if (found.length > bounds.contacts) return 'many'
  return found.every(isAddress) ? undefined : 'wrong'
}

/** Keeps the draft of the wizard. */
export function useDraft(start: () => Draft): DraftState {
  const [draft, setDraft] = useState<Draft>(start)
  const [dirty, setDirty] = useState(false)
  const [refusal, refuse] = useState<Refusal>()
  return {
    draft,
    change: (part) => {
      setDraft((before) => ({ ...before, ...part }))
      setDirty(true)
      const touched = (Object.keys(part) as (keyof Draft)[]).flatMap((name) => spotsOf[name])
      refuse((before) => (before && touched.includes(before.spot) ? undefined : before))
    },
    dirty,
    refusal,
    refuse,
    refused: (spot) => (refusal?.spot === spot ? refusal.words : undefined),
    refusedStep: refusal && stepOf[refusal.spot],
  }
}

/** Whether an invitation may be open for so many days. */
export function isDays(days: number | undefined): days is number {
  return days !== undefined && Number.isInteger(days) && days >= 1 && days <= 30
}
