/**
 * What collecting can say of a customer, worst first within each group (app/collect/states.go). `act`: somebody has to do
 * something. `wait`: it passes by itself.
 */
export const groups = {
  act: [
    'consent-withdrawn',
    'never-consented',
    'secret-expired',
    'secret-invalid',
    'app-disabled',
    'clock-skew',
    'tenant-unknown',
    'conditional-access',
    'permission-missing',
    'forbidden',
    'devices-gone',
  ],
  wait: ['internal', 'bad-answer', 'unreachable', 'empty-answer', 'throttled', 'partial', 'new'],
  ok: ['ok'],
} as const

export type StateGroup = keyof typeof groups
export type State = (typeof groups)[StateGroup][number]

/** Every state, worst first. */
export const states: readonly State[] = [...groups.act, ...groups.wait, ...groups.ok]

/** States in which the customer's own consent is what is missing. */
const consent: readonly string[] = ['never-consented', 'consent-withdrawn', 'permission-missing']

/** Whether the consent link is what helps. */
export function needsConsent(state: string): boolean {
  return consent.includes(state)
}

/** Whether the server's word is one that we have words for. */
export function isState(word: string): word is State {
  return states.some((state) => state === word)
}

/** The states to ask the server for: those of the tab that the filter leaves; undefined for all. */
export function statesOf(tab: string, filter: readonly string[] | undefined): readonly string[] | undefined {
  const group = tab in groups ? groups[tab as StateGroup] : undefined
  if (group === undefined) return filter
  if (filter === undefined) return group
  const both = group.filter((state) => filter.includes(state))
  // Nothing is in both: a state that no customer has, because an empty list would mean all.
  return both.length > 0 ? both : ['none']
}
