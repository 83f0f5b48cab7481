import { useCallback, useMemo, useState } from 'react'

const nothing: ReadonlySet<string> = new Set()

/** Which rows are ticked. */
export interface Selection {
  readonly ids: ReadonlySet<string>
  readonly toggle: (id: string) => void
  readonly add: (ids: readonly string[]) => void
  readonly set: (ids: readonly string[]) => void
  readonly clear: () => void
}

/**
 * The ticked rows of one list, named by what they belong to: another customer, tab, filter or sort starts with none, so
 * that a selection made in one place never works in another (style-ui.md 2.7).
 */
export function useSelection(of: string): Selection {
  const [kept, setKept] = useState<{ of: string; ids: ReadonlySet<string> }>({ of, ids: nothing })
  const ids = kept.of === of ? kept.ids : nothing
  const change = useCallback(
    (make: (before: ReadonlySet<string>) => ReadonlySet<string>) =>
      setKept((before) => ({ of, ids: make(before.of === of ? before.ids : nothing) })),
    [of],
  )
  return useMemo(
    () => ({
      ids,
      toggle: (id) =>
        change((before) => {
          const after = new Set(before)
          if (!after.delete(id)) after.add(id)
          return after
        }),
      add: (more) => change((before) => new Set([...before, ...more])),
      set: (all) => change(() => new Set(all)),
      clear: () => change(() => nothing),
    }),
    [ids, change],
  )
}
