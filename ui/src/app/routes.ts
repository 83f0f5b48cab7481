import { lazy } from 'react'
import type { OpenPage, PageRoute } from '../kit/address'
import type { BarTool } from '../kit/bar'

/** The pages of every feature folder that is there. The pages themselves come when somebody goes to them. */
const found = import.meta.glob<readonly PageRoute[]>(['../*/routes.ts', '!./routes.ts'], { eager: true, import: 'routes' })

export const pages: readonly PageRoute[] = Object.entries(found)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .flatMap(([, routes]) => routes ?? [])

const opened = import.meta.glob<OpenPage>('../*/open.ts', { eager: true, import: 'open' })

/** What features show without a session. */
export const openPages: readonly OpenPage[] = Object.values(opened)

const brought = import.meta.glob<BarTool>('../*/tool.ts', { eager: true, import: 'tool' })

/** What features put into the bar over everything. One that cannot be fetched is left out: the bar serves every page. */
export const tools = Object.entries(brought).map(([path, { load }]) => ({
  path,
  Tool: lazy(() =>
    load().then(
      ({ Tool }) => ({ default: Tool }),
      () => ({ default: () => null }),
    ),
  ),
}))
