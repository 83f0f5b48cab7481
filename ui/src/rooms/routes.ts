import type { PageRoute } from '../kit/address'
import type words from './text.en.json'

declare global {
  interface FeatureWords {
    rooms: typeof words
  }
}

export const routes: readonly PageRoute[] = [
  { path: 'rooms', side: 'partner', spans: true, load: () => import('./page') },
  { path: 'groups', side: 'partner', spans: true, load: () => import('./groups') },
]
