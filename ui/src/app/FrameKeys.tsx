import { useNavigate } from '@tanstack/react-router'
import { createContext, lazy, Suspense, use, useCallback, useEffect, useRef, useState, type ReactNode } from 'react'
import { useKept } from '../kit/kept'
import { useFrame, useWhere } from './frame'
import { deedOf, goWait, nextRegion } from './keys'
import { entriesOf } from './nav'
import { searchField } from './SearchBox'

const KeysDialog = lazy(async () => ({ default: (await import('./KeysDialog')).KeysDialog }))
const ShowKeysContext = createContext<() => void>(() => undefined)

/** Opens the list of all keys. */
export function useShowKeys(): () => void {
  return use(ShowKeysContext)
}

/** Whether what is typed belongs to a field or a dialog, and not to the frame. */
function isTaken(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable], [role=dialog], [role=alertdialog], [role=menu]') !== null
}

/** Listens to the keys that work everywhere: screens.md 3. */
export function FrameKeys({ children }: { children: ReactNode }) {
  const { me, pages } = useFrame()
  const { customer } = useWhere()
  const navigate = useNavigate()
  const [letters] = useKept('letterKeys')
  const [shown, setShown] = useState(false)
  const show = useCallback(() => setShown(true), [])
  const lastG = useRef(-Infinity)

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const deed = deedOf(event, event.timeStamp - lastG.current < goWait, letters !== 'off')
      const isRegion = deed?.kind === 'region' || deed?.kind === 'region-back'
      if (!deed || event.defaultPrevented || (isTaken(event.target) && !isRegion)) {
        if (event.key !== 'Shift') lastG.current = -Infinity
        return
      }
      if (deed.kind === 'g') {
        lastG.current = event.timeStamp
        return
      }
      lastG.current = -Infinity
      event.preventDefault()
      if (deed.kind === 'search') document.getElementById(searchField)?.focus()
      if (deed.kind === 'help') setShown(true)
      if (isRegion) moveRegion(deed.kind === 'region-back')
      if (deed.kind === 'go') {
        const entry = entriesOf(me, customer, pages).flat().find((e) => e.page === deed.page)
        if (entry) void navigate({ to: entry.to } as never)
      }
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [customer, letters, me, navigate, pages])

  return (
    <ShowKeysContext value={show}>
      {children}
      {shown && (
        <Suspense>
          <KeysDialog onClose={() => setShown(false)} />
        </Suspense>
      )}
    </ShowKeysContext>
  )
}

const inside = 'a[href], button:not([disabled]), input, [tabindex="0"]'

function moveRegion(back: boolean): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')]
  // A pane lies inside of the page: the innermost region with the focus is the present one.
  const present = regions.findLastIndex((region) => region.contains(document.activeElement))
  const next = nextRegion(regions, present, back)
  if (!next) return
  const entry = next.hasAttribute('tabindex') ? next : next.querySelector<HTMLElement>('[aria-current]') ?? next.querySelector<HTMLElement>(inside)
  entry?.focus()
}
