import { Fragment } from 'react'
import { Menu, MenuDivider, MenuItem, MenuItemLink, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components'
import { useTranslation } from 'react-i18next'
import { Button, IconButton } from './Button'
import { IconChevronDown, IconMore, type Icon } from './icons'

/** One line of a menu. */
export interface MenuEntry {
  readonly id: string
  readonly label: string
  readonly icon?: Icon
  readonly danger?: boolean
  readonly disabledReason?: string | undefined
  readonly run?: () => void
  /** A file instead of `run`. */
  readonly download?: string
  /** A line above it. */
  readonly group?: boolean
}

/** The lines of a menu, for MoreMenu and for menus of rows. */
export function MenuEntries({ items }: { items: readonly MenuEntry[] }) {
  return (
    <MenuList>
      {items.map(({ id, label, icon: Glyph, danger, disabledReason, run, download, group }, at) => {
        const icon = Glyph ? { icon: <Glyph className="i" aria-hidden /> } : {}
        const off = disabledReason !== undefined
        return (
          <Fragment key={id}>
            {group === true && at > 0 && <MenuDivider />}
            {download !== undefined && !off ? (
              <MenuItemLink href={download} download {...icon}>
                {label}
              </MenuItemLink>
            ) : (
              <MenuItem
                {...icon}
                className={danger ? 'crit' : undefined}
                disabled={off}
                title={disabledReason}
                subText={disabledReason}
                onClick={() => run?.()}
              >
                {label}
              </MenuItem>
            )}
          </Fragment>
        )
      })}
    </MenuList>
  )
}

/** The "…" button with its menu. Nothing when there is nothing in it. */
export function MoreMenu({ items, label }: { items: readonly MenuEntry[]; label?: string }) {
  const { t } = useTranslation()
  if (items.length === 0) return null
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <IconButton icon={IconMore} label={label ?? t('kit.more')} />
      </MenuTrigger>
      <MenuPopover>
        <MenuEntries items={items} />
      </MenuPopover>
    </Menu>
  )
}

/** A button with a word that opens a menu. */
export function ButtonMenu({ label, icon, items }: { label: string; icon?: Icon; items: readonly MenuEntry[] }) {
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button icon={icon}>
          {label}
          <IconChevronDown className="i" aria-hidden />
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuEntries items={items} />
      </MenuPopover>
    </Menu>
  )
}
