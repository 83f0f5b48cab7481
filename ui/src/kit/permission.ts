import { useTranslation } from 'react-i18next'

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

/** The permission to see the things that another one is about. */
export const viewOf = (name: string): string => `${featureOf(name)}.view`

/**
 * The permissions after one was ticked or unticked: whoever changes things must see them, so a change brings its view, where `may` allows
 * that, and goes with it.
 */
export function withTick(
  held: readonly string[],
  name: string,
  on: boolean,
  catalogue: readonly string[],
  may: (name: string) => boolean = () => true,
): readonly string[] {
  const next = new Set(held)
  if (on) {
    next.add(name)
    if (may(viewOf(name))) next.add(viewOf(name))
  } else {
    next.delete(name)
    if (name === viewOf(name)) for (const other of held) if (featureOf(other) === featureOf(name)) next.delete(other)
  }
  return catalogue.filter((one) => next.has(one))
}

interface PermissionWords {
  /** "View". */
  readonly of: (name: string) => string
  /** "Update rings". */
  readonly ofFeature: (feature: string) => string
  /** "Update rings: View". */
  readonly whole: (name: string) => string
}

/** The words of permissions and of their kinds. What is unknown stays as the server said it. */
export function usePermissionWords(): PermissionWords {
  const { t } = useTranslation()
  const of = (name: string) => t(`permission.${name}` as 'permission.rooms.view', { defaultValue: name })
  const ofFeature = (feature: string) => t(`permission.${feature}.is` as 'permission.rooms.is', { defaultValue: feature })
  return { of, ofFeature, whole: (name) => t('kit.deedOf', { thing: ofFeature(featureOf(name)), deed: of(name) }) }
}
