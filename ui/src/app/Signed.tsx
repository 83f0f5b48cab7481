import { RouterProvider } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { Me } from '../api/me'
import { makeRouter } from './router'
import { pages } from './routes'
import { FrameContext } from './frame'

/** The pages of a signed-in person. Another person gets another one of these, with nothing of the first. */
export function Signed({ me }: { me: Me }) {
  const [router] = useState(() => makeRouter(me, pages))
  const [hadRole, setHadRole] = useState(false)
  if (!hadRole && me.holdings.length > 0) setHadRole(true)
  const frame = useMemo(() => ({ me, pages: pages.filter((page) => page.side === me.side), hadRole }), [me, hadRole])
  const before = useRef(me)
  useEffect(() => {
    if (before.current === me) return
    before.current = me
    void router.invalidate() // rights changed: the first page may be another one
  }, [me, router])
  return (
    <FrameContext value={frame}>
      <RouterProvider router={router} context={frame} />
    </FrameContext>
  )
}
