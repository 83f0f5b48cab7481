import type { PageRoute } from '../kit/address'

/** The pages of every feature folder that is there. The pages themselves come when somebody goes to them. */
const found = import.meta.glob<readonly PageRoute[]>(['../*/routes.ts', '!./routes.ts'], { eager: true, import: 'routes' })

export const pages: readonly PageRoute[] = Object.entries(found)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .flatMap(([, routes]) => routes ?? [])
