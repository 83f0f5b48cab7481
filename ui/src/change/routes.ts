import type { PageRoute } from '../kit/address'
import type words from './text.en.json'

declare global {
  interface FeatureWords {
    change: typeof words
  }
}

/** What waits for a customer's approval, and what became of it. */
export const routes: readonly PageRoute[] = [
  { path: 'requests', side: 'partner', spans: true, load: () => import('./page') },
  { path: 'portal/approvals', side: 'customer', load: () => import('./approvals') },
]
