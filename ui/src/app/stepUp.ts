import type { Holding, Me } from '../api/me'

/** A customer that shows nothing until the person signs in as it demands. */
export interface Waiting {
  readonly customer: string
  readonly name: string
  readonly demands: NonNullable<Holding['stepUp']>
}

/** The customers that wait for a stronger sign-in, by name. */
export function waitingOf(me: Me): readonly Waiting[] {
  return me.holdings.flatMap((holding) =>
    holding.stepUp === undefined ? [] : [{ customer: holding.customerId, name: holding.customerName, demands: holding.stepUp }],
  )
}

/** The same by what they demand: one sign-in opens all of a group. */
export function byDemand(waiting: readonly Waiting[]): readonly (readonly [Waiting, ...Waiting[]])[] {
  const groups = new Map<string, [Waiting, ...Waiting[]]>()
  for (const one of waiting) {
    const group = groups.get(one.demands.id)
    if (group) group.push(one)
    else groups.set(one.demands.id, [one])
  }
  return [...groups.values()]
}

/** What a step-up that did not work tells in the address of the welcome page. Nothing of it is believed that is no path of ours. */
export function failedStepUp(search: URLSearchParams): { readonly context: string; readonly back: string } | undefined {
  const context = search.get('step_up')
  if (context === null || !/^c[1-9][0-9]?$/.test(context)) return undefined
  const path = search.get('return') ?? '/'
  const back = /^\/(?![/\\])/.test(path) ? new URL(path, 'http://localhost') : undefined
  return { context, back: back?.host === 'localhost' ? back.pathname + back.search : '/' }
}
