import type { ReactNode } from 'react'

/** Something that a feature puts into the bar over everything, as app/routes.ts takes it. The module that `load` imports exports `Tool`. */
export interface BarTool {
  readonly load: () => Promise<{ Tool: () => ReactNode }>
}
