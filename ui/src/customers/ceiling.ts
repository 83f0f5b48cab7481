/** One permission of the catalogue, and whether the customer grants it. */
export interface Offered {
  readonly name: string
  readonly held: boolean
}

/** The permissions of one kind of thing: rooms, groups, … */
export interface OfferedGroup {
  readonly feature: string
  readonly permissions: readonly Offered[]
}

/** The catalogue by kind of thing, in its own order, with what the ceiling holds: what is missing is as visible as what is there. */
export function groupsOf(catalogue: readonly string[], ceiling: readonly string[]): readonly OfferedGroup[] {
  const held = new Set(ceiling)
  const groups = new Map<string, Offered[]>()
  for (const name of catalogue) {
    const feature = name.slice(0, Math.max(0, name.indexOf('.'))) || name
    const group = groups.get(feature) ?? []
    group.push({ name, held: held.has(name) })
    groups.set(feature, group)
  }
  return [...groups].map(([feature, permissions]) => ({ feature, permissions }))
}
