import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { IconButton } from './Button'
import { IconCheckFilled, IconClose, IconError20, IconInfo20, IconWarning20, type Icon } from './icons'

export type MessageTone = 'plain' | 'brand' | 'warning' | 'important' | 'critical' | 'healthy'
const looks: Record<MessageTone, readonly [string, Icon]> = {
  plain: ['note', IconInfo20],
  brand: ['note br', IconInfo20],
  warning: ['note wa', IconWarning20],
  important: ['note im', IconWarning20],
  critical: ['note cr', IconError20],
  healthy: ['note he', IconCheckFilled],
}

interface MessageProps {
  readonly tone?: MessageTone
  readonly title?: string
  readonly icon?: Icon
  /** Buttons or links at the right. */
  readonly action?: ReactNode
  readonly onDismiss?: () => void
  readonly children?: ReactNode
}

/** A bar with something that the person should know here. The critical one interrupts a screen reader. */
export function Message({ tone = 'plain', title, icon, action, onDismiss, children }: MessageProps) {
  const { t } = useTranslation()
  const [look, usual] = looks[tone]
  const Glyph = icon ?? usual
  return (
    <div className={look} role={tone === 'critical' ? 'alert' : 'status'}>
      <Glyph className="i" aria-hidden />
      <div className="grow">
        {title !== undefined && <div className="b">{title}</div>}
        {children}
      </div>
      {action !== undefined && <div className="row">{action}</div>}
      {onDismiss && <IconButton icon={IconClose} label={t('kit.dismiss')} onClick={onDismiss} />}
    </div>
  )
}
