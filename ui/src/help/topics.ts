import type { Language } from '../text/format'
import type { Page } from './page'

/** The topics in the order of the contents, by groups. Each is a file in `en/` and one in `fr/`. */
export const groups = [
  ['begin', ['roomward', 'first-half-hour', 'microsoft-permissions', 'microsoft-answers']],
  ['people', ['roles', 'customer-control', 'approvals', 'audit']],
  ['rooms', ['rooms-and-incidents', 'collecting']],
  ['data', ['data-kept', 'differences']],
  ['run', ['service', 'backup', 'upgrade', 'keys', 'mail', 'watching']],
  ['trouble', ['locked-out', 'moved-host', 'keyboard']],
] as const

export type Group = (typeof groups)[number][0]
export type Topic = (typeof groups)[number][1][number]

/** All topics, in order. */
export const topics: readonly Topic[] = groups.flatMap(([, of]) => of)

/** The pages of one language, which come when somebody reads them. */
export async function pagesOf(language: Language): Promise<Readonly<Record<Topic, Page>>> {
  return language === 'fr' ? (await import('./fr')).pages : (await import('./en')).pages
}
