import type { Holding } from '../api/me'

/** How many customers a list of the switch shows at most; beyond that the person types. */
export const mostShown = 100
/** With so many customers it pays to see the lately used ones first. */
const manyCustomers = 8
const mostRecent = 3

/** Letters without accents and case, so that "genève" and "Geneve" are the same. */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{Mark}/gu, '').toLowerCase()
}

/** The customers whose name holds every typed word, in the order given: those that start with what was typed come first. */
export function matching(holdings: readonly Holding[], typed: string): readonly Holding[] {
  const words = plain(typed).split(/\s+/).filter(Boolean)
  if (words.length === 0) return holdings
  const all = holdings.filter((holding) => words.every((word) => plain(holding.customerName).includes(word)))
  const starts = (holding: Holding) => plain(holding.customerName).startsWith(words[0] ?? '')
  return [...all.filter(starts), ...all.filter((holding) => !starts(holding))]
}

/** The customers used last in this tab, newest first, which the person still holds. Only where there are many. */
export function recentOf(holdings: readonly Holding[], used: readonly string[]): readonly Holding[] {
  if (holdings.length <= manyCustomers) return []
  return used
    .flatMap((id) => holdings.filter((holding) => holding.customerId === id))
    .slice(0, mostRecent)
}

/** The list of used customers after one more was used. */
export function used(before: readonly string[], id: string): readonly string[] {
  return [id, ...before.filter((other) => other !== id)].slice(0, mostRecent + 1)
}
