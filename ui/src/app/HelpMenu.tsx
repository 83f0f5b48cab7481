import { Menu, MenuItem, MenuItemLink, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components'
import { useTranslation } from 'react-i18next'
import { IconHelp } from '../kit/icons'
import { useWhere } from './frame'
import { useShowKeys } from './FrameKeys'
import type { NavPage } from './nav'

/** The topic of the help that explains a page. */
export const topicOf: Record<NavPage, string> = {
  incidents: 'rooms-and-incidents',
  rooms: 'rooms-and-incidents',
  groups: 'roles',
  customers: 'customer-control',
  'tenant-managers': 'roles',
  roles: 'roles',
  'role-templates': 'roles',
  'check-access': 'roles',
  requests: 'approvals',
  audit: 'audit',
  collection: 'collecting',
  installation: 'watching',
  portal: 'customer-control',
  'portal/rooms': 'customer-control',
  'portal/permissions': 'customer-control',
  'portal/members': 'customer-control',
  'portal/approvals': 'approvals',
  'portal/activity': 'audit',
}

/** The way to the help of the page that is shown, in a tab of its own so that the work stays; and the keys. */
export function HelpMenu() {
  const { t } = useTranslation('app')
  const { page } = useWhere()
  const showKeys = useShowKeys()
  const topic = (topicOf as Record<string, string | undefined>)[page]
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <button type="button" className="ib help" aria-label={t('help')} title={t('help')}>
          <IconHelp className="i" aria-hidden />
        </button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {topic !== undefined && (
            <MenuItemLink href={`/help/${topic}`} target="_blank" rel="noopener">
              {t('helpPage')}
            </MenuItemLink>
          )}
          <MenuItemLink href="/help" target="_blank" rel="noopener">
            {t('help')}
          </MenuItemLink>
          <MenuItem onClick={showKeys}>{t('keys.open')}</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
