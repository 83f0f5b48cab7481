import { goLetters, type NavPage } from './nav'

/** What a key press asks of the frame. */
export type FrameDeed =
  | { readonly kind: 'search' | 'help' | 'region' | 'region-back' }
  | { readonly kind: 'go'; readonly page: NavPage }
  | { readonly kind: 'g' }

export interface Press {
  readonly key: string
  readonly shiftKey: boolean
  readonly ctrlKey: boolean
  readonly altKey: boolean
  readonly metaKey: boolean
}

/** How long after `g` its letter is awaited, in milliseconds. */
export const goWait = 1500

/**
 * What a key press means outside of fields and dialogs. `afterG`: the last press was `g`, a moment ago. Letters can be
 * switched off (WCAG 2.1.4); F6 cannot, it is no letter.
 */
export function deedOf(press: Press, afterG: boolean, letters: boolean): FrameDeed | undefined {
  if (press.ctrlKey || press.altKey || press.metaKey) return undefined
  if (press.key === 'F6') return { kind: press.shiftKey ? 'region-back' : 'region' }
  if (!letters) return undefined
  if (afterG) {
    const page = Object.hasOwn(goLetters, press.key) ? goLetters[press.key] : undefined
    return page === undefined ? undefined : { kind: 'go', page }
  }
  if (press.key === '/') return { kind: 'search' }
  if (press.key === '?') return { kind: 'help' }
  return press.key === 'g' ? { kind: 'g' } : undefined
}

/** The region after the one that holds the focus, around in a circle. */
export function nextRegion<T>(regions: readonly T[], present: number, back: boolean): T | undefined {
  if (regions.length === 0) return undefined
  if (present < 0) return back ? regions.at(-1) : regions[0]
  return regions[(present + (back ? -1 : 1) + regions.length) % regions.length]
}
