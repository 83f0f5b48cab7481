import { useCallback, useSyncExternalStore } from 'react'

/**
 * What one person prefers in this browser: theme, language, density, columns, sort. Names of things, never data of a
 * customer. The only place that touches localStorage; a browser that refuses it forgets at the next visit.
 */
export interface Kept {
  theme: 'system' | 'light' | 'dark'
  language: string
  density: 'compact' | 'comfortable'
  /** 'auto' follows the width of the window. */
  navigation: 'auto' | 'open' | 'closed'
  /** Single-letter keys, WCAG 2.1.4. */
  letterKeys: 'on' | 'off'
}

type Name = keyof Kept | `hidden.${string}` | `sort.${string}`

const prefix = 'roomward.'
const listeners = new Set<() => void>()
const memory = new Map<string, string>()

/** The kept value, or undefined. */
export function kept(name: Name): string | undefined {
  const held = memory.get(name)
  if (held !== undefined) return held
  try {
    return localStorage.getItem(prefix + name) ?? undefined
  } catch {
    return undefined
  }
}

/** Keeps a value and tells all who show it. */
export function keep(name: Name, value: string): void {
  memory.set(name, value)
  try {
    localStorage.setItem(prefix + name, value)
  } catch {
    // Storage is refused or full: the choice holds until the tab closes.
  }
  for (const tell of listeners) tell()
}

function subscribe(tell: () => void): () => void {
  const other = (event: StorageEvent) => {
    if (event.key?.startsWith(prefix)) {
      memory.delete(event.key.slice(prefix.length))
      tell()
    }
  }
  listeners.add(tell)
  addEventListener('storage', other)
  return () => {
    listeners.delete(tell)
    removeEventListener('storage', other)
  }
}

/** A kept value as state, the same in all places and tabs. */
export function useKept<N extends Name>(name: N): [string | undefined, (value: string) => void] {
  const value = useSyncExternalStore(subscribe, () => kept(name))
  const set = useCallback((next: string) => keep(name, next), [name])
  return [value, set]
}
