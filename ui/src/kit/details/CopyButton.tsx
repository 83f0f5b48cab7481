import { useTranslation } from 'react-i18next'
import type { ReactNode } from 'react'
import { useAnnounce } from '../announce'
import { IconButton } from '../Button'
import { IconCopy } from '../icons'
import { useToast } from '../toast'

/** Puts a text into the clipboard and says so. Resolves to whether the browser allowed it. */
export function useCopy(): (text: string, said?: string) => Promise<boolean> {
  const { t } = useTranslation()
  const announce = useAnnounce()
  const toast = useToast()
  return async (text, said) => {
    try {
      await navigator.clipboard.writeText(text)
    } catch {
      toast(t('kit.copyFailed'), { tone: 'critical' })
      return false
    }
    toast(said ?? t('kit.copied'))
    announce(said ?? t('kit.copied'))
    return true
  }
}

/** Copies a text. `label` replaces "Copy …" as the accessible name. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { t } = useTranslation()
  const copy = useCopy()
  return <IconButton className="tiny" icon={IconCopy} label={label ?? t('kit.copyOf', { text })} onClick={() => void copy(text)} />
}

/** An id, address or code, with a button that copies it. */
export function Code({ children, copy }: { children: string; copy?: boolean }): ReactNode {
  return (
    <span className="code">
      <span className="mono">{children}</span>
      {copy && <CopyButton text={children} />}
    </span>
  )
}
