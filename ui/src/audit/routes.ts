import type { PageRoute } from '../kit/address'
import type words from './text.en.json'

declare global {
  interface FeatureWords {
    audit: typeof words
  }
}

/** Who did what: the record as each side sees it. */
export const routes: readonly PageRoute[] = [
  { path: 'audit', side: 'partner', spans: true, load: () => import('./page') },
  { path: 'portal/activity', side: 'customer', load: () => import('./page') },
]
