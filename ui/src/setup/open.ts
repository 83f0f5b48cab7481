import type { OpenPage } from '../kit/address'
import type words from './text.en.json'

declare global {
  interface FeatureWords {
    setup: typeof words
  }
}

/** The set-up guide: before anybody can sign in. */
export const open: OpenPage = { path: 'setup', load: () => import('./page') }
