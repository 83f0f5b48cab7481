import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import {
  IconAssign,
  IconCollection,
  IconCollectionOn,
  IconCustomers,
  IconCustomersOn,
  IconHistory,
  IconHome,
  IconHomeOn,
  IconIncidents,
  IconIncidentsOn,
  IconInstallation,
  IconRequests,
  IconRoles,
  IconRolesOn,
  IconRoomGroups,
  IconRoomGroupsOn,
  IconRooms,
  IconRoomsOn,
  IconSearch,
  IconShield,
  IconTenantManagers,
  IconTenantManagersOn,
  type Icon,
} from '../kit/icons'
import { useNotices } from '../kit/notices'
import { useFormat } from '../text/i18n'
import { useFrame, useWhere } from './frame'
import { entriesOf, type NavPage } from './nav'

/** Regular, and filled for the page that is shown, where the set has both. */
const icons: Record<NavPage, readonly [Icon, Icon]> = {
  incidents: [IconIncidents, IconIncidentsOn],
  rooms: [IconRooms, IconRoomsOn],
  groups: [IconRoomGroups, IconRoomGroupsOn],
  customers: [IconCustomers, IconCustomersOn],
  'tenant-managers': [IconTenantManagers, IconTenantManagersOn],
  roles: [IconRoles, IconRolesOn],
  'role-templates': [IconRoles, IconRolesOn],
  'check-access': [IconSearch, IconSearch],
  requests: [IconRequests, IconRequests],
  audit: [IconHistory, IconHistory],
  collection: [IconCollection, IconCollectionOn],
  installation: [IconInstallation, IconInstallation],
  portal: [IconHome, IconHomeOn],
  'portal/rooms': [IconRooms, IconRoomsOn],
  'portal/permissions': [IconShield, IconShield],
  'portal/members': [IconAssign, IconAssign],
  'portal/approvals': [IconRequests, IconRequests],
  'portal/activity': [IconHistory, IconHistory],
}

/** The pages of what waits: the customer's, and the partner's own queue. */
const waits: readonly NavPage[] = ['portal/approvals', 'requests']
/** More are not counted: they say the same. */
const most = 99

interface NavigationProps {
  readonly open: boolean
  /** Lies over the page instead of beside it. */
  readonly overlay: boolean
  readonly onClose: () => void
}

/** The pages that the person may use, at the left. Closed it shows icons, whose words are then their titles. */
export function Navigation({ open, overlay, onClose }: NavigationProps) {
  const { t } = useTranslation('app')
  const { me, pages } = useFrame()
  const { customer, page } = useWhere()
  const nav = useRef<HTMLElement>(null)
  const groups = entriesOf(me, customer, pages)
  const shown = open || !overlay
  const format = useFormat()
  const waiting = useNotices().data?.waiting ?? 0

  useEffect(() => {
    if (overlay && open) nav.current?.querySelector('a')?.focus()
  }, [overlay, open])

  if (!shown) return null
  return (
    <>
      {overlay && <div className="veil" onClick={onClose} />}
      <nav
        className="nav"
        aria-label={t('nav.label')}
        data-region="navigation"
        ref={nav}
        onKeyDown={(event) => {
          if (overlay && event.key === 'Escape') onClose()
        }}
      >
        {groups.map((group) => (
          <ul key={group[0]?.page}>
            {group.map((entry) => {
              const here = entry.page === page
              const Glyph = icons[entry.page][here ? 1 : 0]
              const word = t(`nav.${entry.page}`)
              const count = waits.includes(entry.page) ? waiting : 0
              const said = count > 0 ? t('nav.waiting', { count }) : undefined
              return (
                <li key={entry.page}>
                  {/* The router would mark a parent as current too: portal above portal/members. */}
                  <Link
                    {...({ to: entry.to } as { to: string })}
                    activeOptions={{ exact: true }}
                    activeProps={{ 'aria-current': undefined, className: '' }}
                    aria-current={here ? 'page' : undefined}
                    title={open ? said : [word, said].filter(Boolean).join(', ')}
                    onClick={overlay ? onClose : undefined}
                  >
                    <Glyph className="i" aria-hidden />
                    <span className={open ? 'el' : 'unseen'}>{word}</span>
                    {said !== undefined && (
                      <span className="n" aria-hidden>
                        {count > most ? t('nav.many') : format.number(count)}
                      </span>
                    )}
                  </Link>
                </li>
              )
            })}
          </ul>
        ))}
      </nav>
    </>
  )
}
