import { viewOf } from '../kit/permission'

/** Microsoft offers nothing that could carry these out (design.md 15): they cannot be granted, so that nobody counts on them. */
export const nothingBehind: readonly string[] = ['rooms.resetKey', 'rooms.downloadKey']

/** What can be granted already, though this version has no function for it: said beside it, so that nobody counts on it. */
export const noEffect: readonly string[] = [
  'rooms.modify',
  'rooms.create',
  'rooms.unenroll',
  'rings.view',
  'rings.create',
  'rings.modify',
  'reports.view',
  'tickets.update',
  'tickets.create',
  'settings.view',
  'settings.modify',
]

/** Looking only, within what a partner usually gets. */
export function viewOnly(usual: readonly string[]): readonly string[] {
  return usual.filter((name) => name === viewOf(name))
}

/** Whether two sets of permissions are the same. */
export function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name))
}
