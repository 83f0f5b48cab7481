import type { PageRoute } from '../kit/address'
import type words from './text.en.json'

declare global {
  interface FeatureWords {
    access: typeof words
  }
}

/** Who may see and accept invitations. */
export const routes: readonly PageRoute[] = [{ path: 'tenant-managers', side: 'partner', load: () => import('./managers') }]
