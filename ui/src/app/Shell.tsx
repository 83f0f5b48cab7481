import { Outlet, useRouterState } from '@tanstack/react-router'
import { Suspense, useCallback, useEffect, useRef, useState, type RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import { useAnnounce } from '../kit/announce'
import { useKept } from '../kit/kept'
import { PlaceProvider, SwitchProvider } from '../kit/scope'
import { useFrame, useWhere } from './frame'
import { FrameKeys } from './FrameKeys'
import { hasNoRole } from './nav'
import { Navigation } from './Navigation'
import { NoRole } from './NoRole'
import { NotFound } from './NotFound'
import { waitingOf } from './stepUp'
import { StepUpBanner, StepUpPage } from './StepUpBanner'
import { TopBar } from './TopBar'
import { useMedia } from './media'

/** Below it the navigation lies over the page: screens.md 5. */
const narrow = '(max-width: 640px)'
/** Below it the navigation shows icons only, unless the person opened it: screens.md 2. */
const medium = '(max-width: 1359px)'

/** The frame around every page: top bar, navigation, and the sheet with the page. */
export function Shell() {
  const { t } = useTranslation('app')
  const { me } = useFrame()
  const { customer } = useWhere()
  const isNarrow = useMedia(narrow)
  const isMedium = useMedia(medium)
  const [kept, keep] = useKept('navigation')
  const [over, setOver] = useState(false)
  const [switching, setSwitching] = useState(false)
  const openSwitch = useCallback(() => setSwitching(true), [])
  const page = useRef<HTMLElement>(null)
  useArrival(page, () => setOver(false))

  const wide = kept === 'open' || (kept !== 'closed' && !isMedium)
  const open = isNarrow ? over : wide
  const toggle = () => (isNarrow ? setOver(!over) : keep(wide ? 'closed' : 'open'))
  const known = customer === 'all' || me.holdings.some((holding) => holding.customerId === customer)
  return (
    <PlaceProvider me={me} customer={known ? customer : 'all'}>
      <FrameKeys>
        <div className={`app ${isNarrow ? 'narrow' : ''} ${open ? 'opened' : 'closed'}`}>
          <a
            className="skip"
            href="#page"
            onClick={(event) => {
              event.preventDefault()
              page.current?.focus()
            }}
          >
            {t('skip')}
          </a>
          <TopBar open={open} onToggle={toggle} switching={switching} onSwitch={setSwitching} />
          <Navigation open={open} overlay={isNarrow} onClose={() => setOver(false)} />
          <main className="sheet" id="page" ref={page} tabIndex={-1} data-region="page">
            <SwitchProvider value={openSwitch}>
              <Suspense>{content()}</Suspense>
            </SwitchProvider>
          </main>
        </div>
      </FrameKeys>
    </PlaceProvider>
  )

  function content() {
    if (hasNoRole(me)) return <NoRole />
    if (!known) return <NotFound />
    const waiting = waitingOf(me).find((one) => one.customer === customer)
    if (waiting) return <StepUpPage waiting={waiting} />
    if (customer !== 'all' || waitingOf(me).length === 0) return <Outlet />
    return (
      <div className="under">
        <StepUpBanner />
        <div className="page">
          <Outlet />
        </div>
      </div>
    )
  }
}

/** Longer than a page takes to set its title. */
const settled = 350

/** After a move to another page: focus goes to the page and its title is said. Not on the first one, and not when only the search changes. */
function useArrival(page: RefObject<HTMLElement | null>, arrived: () => void): void {
  const announce = useAnnounce()
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname })
  const before = useRef<string>(undefined)
  const tell = useRef(arrived)
  useEffect(() => {
    tell.current = arrived
  })
  useEffect(() => {
    const was = before.current
    if (path !== undefined) before.current = path
    if (was === undefined || path === undefined || was === path) return
    tell.current()
    page.current?.focus({ preventScroll: true })
    const timer = setTimeout(() => announce(document.title), settled)
    return () => clearTimeout(timer)
  }, [announce, page, path])
}
