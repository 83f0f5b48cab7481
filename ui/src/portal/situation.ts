import type { Partnership } from './queries'

/**
 * How far it has come: cannot be served; in force; in force but without consent; in force but nobody of the partner runs
 * it; invited; free to invite, after a relation that has ended or before any. 'hidden' is for people who do not administer:
 * what was offered and agreed is not theirs to see.
 */
export type Situation = 'refused' | 'hidden' | 'active' | 'halted' | 'unled' | 'pending' | 'ended' | 'open'

/** The situation of an organisation. */
export function situationOf({ refusal, administers, relation, invitation, organisation, ended }: Partnership): Situation {
  if (refusal !== undefined) return 'refused'
  if (!administers) return 'hidden'
  if (relation !== undefined) {
    if (relation.state === 'consent-withdrawn' || organisation.consent === 'withdrawn') return 'halted'
    return relation.state === 'without-admin' ? 'unled' : 'active'
  }
  if (invitation?.state === 'pending') return 'pending'
  return ended === undefined ? 'open' : 'ended'
}
