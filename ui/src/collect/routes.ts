import type { PageRoute } from '../kit/address'
import type words from './text.en.json'

declare global {
  interface FeatureWords {
    collect: typeof words
  }
}

/** Whether what one sees is true, and since when; `?view=runs` shows the single runs. */
export const routes: readonly PageRoute[] = [{ path: 'collection', side: 'partner', spans: true, load: () => import('./page') }]
