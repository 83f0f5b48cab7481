import { createContext, use, useCallback, useEffect, useRef, type ReactNode } from 'react'

type Announce = (text: string) => void
const AnnounceContext = createContext<Announce>(() => undefined)

/** Keeps the one polite live region. Screen readers hear what `useAnnounce` is given. */
export function Announcer({ children }: { children: ReactNode }) {
  const region = useRef<HTMLDivElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const announce = useCallback<Announce>((text) => {
    clearTimeout(timer.current)
    // Emptied first, so that the same sentence is read again.
    if (region.current) region.current.textContent = ''
    timer.current = setTimeout(() => {
      if (region.current) region.current.textContent = text
    }, 80)
  }, [])
  return (
    <AnnounceContext value={announce}>
      {children}
      <div ref={region} className="unseen" role="status" aria-live="polite" />
    </AnnounceContext>
  )
}

/** Says something to screen readers only. */
export function useAnnounce(): Announce {
  return use(AnnounceContext)
}

/** Sets the document's title: the item, the page, the customer, the product. */
export function useTitle(...parts: readonly (string | undefined)[]): void {
  const title = [...parts.filter((p) => p !== undefined && p !== ''), 'Roomward'].join(' · ')
  useEffect(() => {
    document.title = title
  }, [title])
}
