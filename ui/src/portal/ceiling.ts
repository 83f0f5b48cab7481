/** Permissions of one kind of thing, in the catalogue's order. */
export interface PermissionGroup {
  readonly feature: string
  readonly names: readonly string[]
}

/** The kind of thing that a permission is about: "rooms.view" → rooms. */
export function featureOf(name: string): string {
  return name.slice(0, Math.max(0, name.indexOf('.'))) || name
}

/** Permissions by kind of thing. */
export function byFeature(names: readonly string[]): readonly PermissionGroup[] {
  const groups = new Map<string, string[]>()
  for (const name of names) groups.set(featureOf(name), [...(groups.get(featureOf(name)) ?? []), name])
  return [...groups].map(([feature, list]) => ({ feature, names: list }))
}

/** Microsoft offers nothing that could carry these out (design.md 15): they cannot be granted, so that nobody counts on them. */
export const nothingBehind: readonly string[] = ['rooms.resetKey', 'rooms.downloadKey']

const viewOf = (name: string) => `${featureOf(name)}.view`

/** The permissions after one was ticked or unticked: whoever changes things must see them, so a change brings its view and goes with it. */
export function withTick(held: readonly string[], name: string, on: boolean, catalogue: readonly string[]): readonly string[] {
  const next = new Set(held)
  if (on) {
    next.add(name)
    if (catalogue.includes(viewOf(name))) next.add(viewOf(name))
  } else {
    next.delete(name)
    if (name === viewOf(name)) for (const other of held) if (featureOf(other) === featureOf(name)) next.delete(other)
  }
  return catalogue.filter((one) => next.has(one))
}

/** Looking only, within what a partner usually gets. */
export function viewOnly(usual: readonly string[]): readonly string[] {
  return usual.filter((name) => name === viewOf(name))
}

/** Whether two sets of permissions are the same. */
export function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name))
}
