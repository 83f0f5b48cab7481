import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

/** Whether `on` has lasted this long: nothing flashes for what comes at once (screens.md 2, Motion). */
export function useLasting(on: boolean, milliseconds = 300): boolean {
  const [lasted, setLasted] = useState(false)
  useEffect(() => {
    if (!on) return
    const timer = setTimeout(() => setLasted(true), milliseconds)
    return () => {
      clearTimeout(timer)
      setLasted(false)
    }
  }, [on, milliseconds])
  return on && lasted
}

const widths = ['w9', 'w6', 'w8', 'w5', 'w7'] as const

/** Grey lines where text will be. Said to screen readers at once, shown after 300 ms. */
export function Skeleton({ lines = 5, label }: { lines?: number | undefined; label?: string }) {
  const { t } = useTranslation()
  const shown = useLasting(true)
  return (
    <div className="stack" role="status" aria-label={label ?? t('kit.loading')}>
      {shown && Array.from({ length: lines }, (_, i) => <span key={i} className={`bone ${widths[i % widths.length] ?? ''}`} />)}
    </div>
  )
}
