import type { PageRoute } from '../kit/address'
import type words from './text.en.json'

declare global {
  interface FeatureWords {
    access: typeof words
  }
}

/** Who may see and accept invitations, and who may do what, and why. */
export const routes: readonly PageRoute[] = [
  { path: 'tenant-managers', side: 'partner', load: () => import('./managers') },
  { path: 'roles', side: 'partner', spans: true, load: () => import('./roles') },
  { path: 'role-templates', side: 'partner', load: () => import('./templates') },
  { path: 'check-access', side: 'partner', spans: true, load: () => import('./effective') },
]
