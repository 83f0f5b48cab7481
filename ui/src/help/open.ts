import type { OpenPage } from '../kit/address'
import type words from './text.en.json'

declare global {
  interface FeatureWords {
    help: typeof words
  }
}

/** The help, also for those who cannot sign in. */
export const open: OpenPage = { path: 'help', load: () => import('./Help') }
