import type { PageRoute } from '../kit/address'
import type words from './text.en.json'

declare global {
  interface FeatureWords {
    customers: typeof words
  }
}

/** Customers and invitations; `?view=codes` shows the invitation codes. */
export const routes: readonly PageRoute[] = [{ path: 'customers', side: 'partner', load: () => import('./page') }]
