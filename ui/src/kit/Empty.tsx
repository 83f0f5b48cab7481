import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { IconLocked, IconSearch, type Icon } from './icons'

interface EmptyProps {
  readonly icon?: Icon
  readonly action?: ReactNode
  readonly children: ReactNode
}

/** Nothing there: one icon, one line, one action. */
export function Empty({ icon: Glyph, action, children }: EmptyProps) {
  return (
    <div className="empty" role="status">
      {Glyph && <Glyph className="i" aria-hidden />}
      <p>{children}</p>
      {action}
    </div>
  )
}

/** No role shows this. `what` is the plural of the list's word, in lower case: "rooms". */
export function NoPermission({ what }: { what?: string }) {
  const { t } = useTranslation()
  return <Empty icon={IconLocked}>{what === undefined ? t('kit.noPermissionHere') : t('kit.noPermission', { what })}</Empty>
}

/** Not there, or not this person's to see: the same words for both (law 4). */
export function Absent() {
  const { t } = useTranslation()
  return <Empty icon={IconSearch}>{t('kit.absent')}</Empty>
}
