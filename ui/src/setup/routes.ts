import type { PageRoute } from '../kit/address'

/** Whether the installation is in order, for who manages it. */
export const routes: readonly PageRoute[] = [{ path: 'installation', side: 'partner', load: () => import('./installation') }]
