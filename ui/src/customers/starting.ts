import type { components } from '../api/schema'

type Waiting = Pick<components['schemas']['Entry'], 'kind' | 'state' | 'mine' | 'acceptedAt' | 'dataAt'>

/** How long after the acceptance a first collection is watched closely, in milliseconds. Later its state says what is wrong. */
const watched = 15 * 60_000

/** Whether a customer is new and its first collection, which the person may see, has not brought everything yet. */
export function isStarting(entry: Waiting, now: number): boolean {
  if (entry.kind !== 'customer' || entry.state !== 'active' || !entry.mine || entry.dataAt !== undefined) return false
  return entry.acceptedAt !== undefined && now - new Date(entry.acceptedAt).getTime() < watched
}

/** Accepted this short ago, the first collection is what the person came for, seen or not. Minutes, in milliseconds. */
const fresh = 5 * 60_000

/** Whether the relation has only just begun. */
export function isFresh(entry: Pick<Waiting, 'acceptedAt'>, now: number): boolean {
  return entry.acceptedAt !== undefined && now - new Date(entry.acceptedAt).getTime() < fresh
}
