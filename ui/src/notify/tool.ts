import type { BarTool } from '../kit/bar'
import type words from './text.en.json'

declare global {
  interface FeatureWords {
    notify: typeof words
  }
}

/** The bell: what happened that the person is told of. */
export const tool: BarTool = { load: () => import('./bell') }
