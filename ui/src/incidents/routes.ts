import type { PageRoute } from '../kit/address'
import type words from './text.en.json'

declare global {
  interface FeatureWords {
    incidents: typeof words
  }
}

export const routes: readonly PageRoute[] = [{ path: 'incidents', side: 'partner', spans: true, load: () => import('./page') }]
