import { useState } from 'react'
import { difference } from './matrix'

/** What people set of a role or a template. */
export interface Settable {
  readonly name: string
  readonly description: string
  readonly permissions: readonly string[]
}

export interface Versioned extends Settable {
  readonly version: number
}

/** How many things differ: name, description, and each permission. */
export function countChanges(base: Settable, draft: Settable): number {
  const { added, removed } = difference(base.permissions, draft.permissions)
  return Number(base.name !== draft.name) + Number(base.description !== draft.description) + added.length + removed.length
}

/** My changes of `base`, made again on what somebody else has saved meanwhile. */
export function rebased(base: Settable, draft: Settable, latest: Settable): Settable {
  const { added, removed } = difference(base.permissions, draft.permissions)
  const kept = latest.permissions.filter((name) => !removed.includes(name))
  return {
    name: draft.name === base.name ? latest.name : draft.name,
    description: draft.description === base.description ? latest.description : draft.description,
    permissions: [...kept, ...added.filter((name) => !kept.includes(name))],
  }
}

const settable = ({ name, description, permissions }: Settable): Settable => ({ name, description, permissions })

/** A role or template that is being changed. */
export interface Draft<T extends Versioned> {
  /** What the changes start from: the version that is sent along. */
  readonly base: T
  readonly values: Settable
  /** How many changes there are; 0 is nothing to save. */
  readonly count: number
  /** Somebody saved another version since the first change. */
  readonly stale: boolean
  readonly change: (part: Partial<Settable>) => void
  /** Makes the changes again on the latest version. */
  readonly rebase: () => void
  readonly discard: () => void
}

/** Holds the changes of one thing. Without changes it follows what is read; with them it keeps to the version they started from. */
export function useDraft<T extends Versioned>(latest: T): Draft<T> {
  const [held, setHeld] = useState<{ readonly base: T; readonly values: Settable }>()
  const base = held?.base ?? latest
  const values = held?.values ?? settable(latest)
  const put = (from: T, next: Settable) => setHeld(countChanges(from, next) === 0 ? undefined : { base: from, values: next })
  return {
    base,
    values,
    count: held === undefined ? 0 : countChanges(base, values),
    stale: held !== undefined && latest.version !== base.version,
    change: (part) => put(base, { ...values, ...part }),
    rebase: () => put(latest, rebased(base, values, latest)),
    discard: () => setHeld(undefined),
  }
}
