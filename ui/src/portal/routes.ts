import type { PageRoute } from '../kit/address'
import type words from './text.en.json'

declare global {
  interface FeatureWords {
    portal: typeof words
  }
}

/** The customer's own pages: the relation at a glance, and the wizard that invites the partner. */
export const routes: readonly PageRoute[] = [
  { path: 'portal', side: 'customer', load: () => import('./page') },
  { path: 'portal/members', side: 'customer', load: () => import('./members') },
  { path: 'portal/invite', side: 'customer', load: () => import('./invite') },
  { path: 'portal/invitation', side: 'customer', load: () => import('./change') },
  { path: 'portal/rooms', side: 'customer', load: () => import('./grant') },
  { path: 'portal/permissions', side: 'customer', load: () => import('./permissions') },
  { path: 'portal/microsoft', side: 'customer', load: () => import('./microsoft') },
  { path: 'portal/relation', side: 'customer', load: () => import('./settings') },
]
