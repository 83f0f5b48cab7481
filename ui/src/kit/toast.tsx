import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Button, IconButton } from './Button'
import { IconCheckFilled, IconClose, IconError20 } from './icons'

interface Options {
  readonly tone?: 'plain' | 'critical'
  readonly action?: { readonly label: string; readonly run: () => void }
}

type Say = (text: string, options?: Options) => void
interface Told extends Options {
  readonly id: number
  readonly text: string
}

const ToastContext = createContext<Say>(() => undefined)
/** A message with an action, and every failure, stays until it is dismissed (WCAG 2.2.1). */
const lasts = 6_000
const most = 4

/** Keeps the short messages at the lower right. The shell mounts it once. */
export function Toaster({ children }: { children: ReactNode }) {
  const { t } = useTranslation()
  const [told, setTold] = useState<readonly Told[]>([])
  const last = useRef(0)
  const say = useCallback<Say>((text, options = {}) => {
    last.current += 1
    const one = { id: last.current, text, ...options }
    setTold((before) => [...before.slice(1 - most), one])
  }, [])
  const drop = useCallback((id: number) => setTold((before) => before.filter((one) => one.id !== id)), [])
  const region = useMemo(() => <>{children}</>, [children])
  return (
    <ToastContext value={say}>
      {region}
      <div className="toasts" role="region" aria-label={t('kit.notifications')} aria-live="polite">
        {told.map((one) => (
          <Toast key={one.id} told={one} drop={drop} />
        ))}
      </div>
    </ToastContext>
  )
}

function Toast({ told, drop }: { told: Told; drop: (id: number) => void }) {
  const { t } = useTranslation()
  const stays = told.tone === 'critical' || told.action !== undefined
  useEffect(() => {
    if (stays) return
    const timer = setTimeout(() => drop(told.id), lasts)
    return () => clearTimeout(timer)
  }, [stays, told.id, drop])
  const Glyph = told.tone === 'critical' ? IconError20 : IconCheckFilled
  return (
    <div className={told.tone === 'critical' ? 'toast cr' : 'toast'}>
      <Glyph className="i" aria-hidden />
      <span className="grow">{told.text}</span>
      {told.action && (
        <Button
          small
          onClick={() => {
            told.action?.run()
            drop(told.id)
          }}
        >
          {told.action.label}
        </Button>
      )}
      <IconButton icon={IconClose} label={t('kit.dismiss')} onClick={() => drop(told.id)} />
    </div>
  )
}

/** Says that something was done, or failed, outside of the place where it would be seen. */
export function useToast(): Say {
  return use(ToastContext)
}
