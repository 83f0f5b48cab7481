import type { Partnership } from './queries'

/**
 * How far it has come: cannot be served; in force; in force but without consent; invited; free to invite. 'hidden' is for
 * people who do not administer: what was offered and agreed is not theirs to see.
 */
export type Situation = 'refused' | 'hidden' | 'active' | 'halted' | 'pending' | 'open'

/** The situation of an organisation. */
export function situationOf({ refusal, administers, relation, invitation, organisation }: Partnership): Situation {
  if (refusal !== undefined) return 'refused'
  if (!administers) return 'hidden'
  if (relation !== undefined) return relation.state === 'active' && organisation.consent !== 'withdrawn' ? 'active' : 'halted'
  return invitation?.state === 'pending' ? 'pending' : 'open'
}
