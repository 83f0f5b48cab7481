import type { Holding, Me, Powers } from '../api/me'
import type { PageRoute } from '../kit/address'

const nothing: Powers = { globalAdmin: false, manager: false, tenantManager: false, customerAdmin: false }

/** Permissions of the built-in role, policy/roles.csv. */
const primaryAdmins = [
  'rooms.view',
  'rooms.modify',
  'rooms.act',
  'groups.view',
  'rings.view',
  'rings.modify',
  'reports.view',
  'tickets.view',
  'tickets.update',
  'tickets.create',
  'roles.view',
  'roles.modify',
]
const technician = ['rooms.view', 'rooms.modify', 'tickets.view', 'tickets.update', 'tickets.create']

function holding(name: string, permissions: string[], more: Partial<Holding> = {}): Holding {
  return { customerId: name.toLowerCase(), customerName: name, state: 'active', permissions, everywhere: [], approves: [], ...more }
}

/** A person of the partner. */
export function member(powers: Partial<Powers>, holdings: Holding[] = []): Me {
  return {
    session: 'session-1',
    side: 'partner',
    person: { id: 'p1', name: 'Pat Partner', userPrincipalName: 'pat@partner.example', tenantId: 't-partner' },
    organisation: { name: 'Litware', tenantId: 't-partner', domain: 'partner.example' },
    partner: { name: 'Litware', domain: 'partner.example' },
    powers: { ...nothing, ...powers },
    holdings,
    permissions: [],
    version: '1.0',
    demo: true,
  }
}

/** The people of design.md 11, as /api/me answers for them. */
export const people = {
  manager: member({ manager: true }),
  tenantManager: member({ tenantManager: true }),
  primaryAdmin: member({}, [
    holding('Northwind', primaryAdmins, { rooms: 212, everywhere: primaryAdmins }),
    holding('Contoso', primaryAdmins, { rooms: 58, everywhere: primaryAdmins }),
  ]),
  technician: member({}, [holding('Northwind', technician)]),
  withdrawn: member({}, [holding('Fabrikam', [], { state: 'consent-withdrawn' })]),
  nobody: member({}),
  customerAdmin: { ...member({ customerAdmin: true }), side: 'customer' },
  customerMember: { ...member({}), side: 'customer' },
} satisfies Record<string, Me>

const load: PageRoute['load'] = async () => ({ Page: () => null })

/** Every page that the navigation knows, as if all features were there. */
export const allPages: readonly PageRoute[] = [
  ...['rooms', 'groups', 'incidents', 'collection', 'roles', 'check-access', 'requests'].map((path) => ({ path, side: 'partner', spans: true, load }) as const),
  ...['customers', 'tenant-managers', 'installation'].map((path) => ({ path, side: 'partner', load }) as const),
  ...['portal', 'portal/rooms', 'portal/permissions', 'portal/members', 'portal/approvals', 'portal/activity', 'portal/invite'].map(
    (path) => ({ path, side: 'customer', load }) as const,
  ),
]
