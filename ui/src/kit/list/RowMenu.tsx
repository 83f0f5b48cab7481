import { Menu, MenuPopover } from '@fluentui/react-components'
import { MenuEntries, type MenuEntry } from '../Menu'

/** Where the menu of a row opens. */
export interface MenuPlace {
  readonly x: number
  readonly y: number
}

/** The one menu that all rows share: at the pointer, or under the row for the keyboard. */
export function RowMenu({ place, items, label, onClose }: { place: MenuPlace; items: readonly MenuEntry[]; label: string; onClose: () => void }) {
  const target = {
    getBoundingClientRect: () => ({ x: place.x, y: place.y, left: place.x, top: place.y, right: place.x, bottom: place.y, width: 0, height: 0 }),
  }
  return (
    <Menu open onOpenChange={(_, data) => !data.open && onClose()} positioning={{ target, position: 'below', align: 'start' }}>
      <MenuPopover aria-label={label}>
        <MenuEntries items={items} />
      </MenuPopover>
    </Menu>
  )
}
