import { useState } from 'react'
import { everything, type Choice } from './choice'
import { stepOf, type Spot } from './refusal'

/** The terms that the texts of this build say. Whoever agrees, agrees to these and to no others. */
export const termsHere = '2026-12'

/** An invitation in the making. */
export interface Draft {
  readonly domain: string
  readonly code: string
  readonly days: number | undefined
  readonly choice: Choice
  readonly ceiling: readonly string[]
  readonly agreed: boolean
}

/** What the server refused: where it is said, and in which words. */
export interface Refusal {
  readonly spot: Spot
  readonly words: string
}

/** How long an invitation is open unless somebody says otherwise, in days. */
const usualDays = 10
const spotsOf: Readonly<Record<keyof Draft, readonly Spot[]>> = {
  domain: ['domain'],
  code: ['code'],
  days: ['days'],
  choice: ['rooms'],
  ceiling: ['permissions'],
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

/** Keeps the draft of the wizard. */
export function useDraft(usualCeiling: readonly string[]): DraftState {
  const [draft, setDraft] = useState<Draft>({ domain: '', code: '', days: usualDays, choice: everything, ceiling: usualCeiling, agreed: false })
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
