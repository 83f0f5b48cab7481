import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { createContext, use, useCallback, useEffect, useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError, onSessionLost } from '../api/client'
import { isNotMe, meOptions, type Me } from '../api/me'
import { showsAnyOf } from '../api/query'
import { onSignedOutElsewhere, signOut } from '../api/signout'
import { Failed } from './RootError'
import { SignIn } from './SignIn'

/** Who was signed in, when the session ended under them. */
interface Lost {
  readonly login: string
  readonly side: Me['side']
}

const SignOutContext = createContext<() => Promise<void>>(async () => undefined)

/** Ends the session and leaves the page. Rejects when the server did not answer; the person is then still signed in. */
export function useSignOut(): () => Promise<void> {
  return use(SignOutContext)
}

/**
 * What a fresh answer of /api/me changes: somebody else signed in, in another tab ('person'), the partner-wide powers or the customer's own
 * ('powers'), or the rights over these customers, by id.
 */
export function changeOf(before: Me | undefined, now: Me): 'person' | 'powers' | readonly string[] {
  if (before === undefined) return []
  if (before.session !== now.session) return 'person'
  if (JSON.stringify(before.powers) !== JSON.stringify(now.powers)) return 'powers'
  const [was, is] = [before, now].map((me) => new Map(me.holdings.map((holding) => [holding.customerId, JSON.stringify(holding)])))
  return [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])].filter((id) => was?.get(id) !== is?.get(id))
}

/** Whether the address is the one to which refused and finished sign-ins come. */
function isWelcome(): boolean {
  return location.pathname === '/welcome'
}

/** Forgets all data of this tab at once. What was asked and not answered yet is not kept either. */
async function forgetAll(client: QueryClient): Promise<void> {
  await client.cancelQueries()
  client.clear()
}

/** Finds out who is signed in and shows the pages to them; the sign-in page to everybody else. */
export function Session({ children }: { children: (me: Me) => ReactNode }) {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const [lost, setLost] = useState<Lost>()
  const refused = isWelcome() && new URLSearchParams(location.search).has('error')
  const { data: me, error, refetch } = useQuery({ ...meOptions, enabled: lost === undefined && !refused })
  const known = useRef<Me>(undefined)

  useEffect(() => {
    if (me === undefined) return
    const change = changeOf(known.current, me)
    known.current = me
    // Removed or reset, not marked as old: what is marked stays on the screen while it is read again.
    if (change === 'person') client.removeQueries({ predicate: isNotMe })
    else if (change === 'powers') void client.resetQueries({ predicate: isNotMe })
    else if (change.length > 0) void client.resetQueries({ predicate: (query) => isNotMe(query) && showsAnyOf(change, query) })
  }, [client, me])

  const end = useCallback(() => {
    const was = known.current
    if (was === undefined) return // the first answer: nobody was signed in here
    known.current = undefined
    setLost({ login: was.person.userPrincipalName, side: was.side })
    void forgetAll(client)
  }, [client])
  useEffect(() => onSessionLost(end), [end])
  useEffect(() => onSignedOutElsewhere(end), [end])

  const leave = useCallback(async () => {
    const to = await signOut()
    known.current = undefined
    await client.cancelQueries()
    // A full navigation, so that nothing of the person stays in this page's memory.
    location.assign(to)
  }, [client])

  if (lost) return <SignIn over={lost} />
  if (refused || (error instanceof ApiError && error.status === 401)) return <SignIn />
  if (me === undefined && error) return <Failed text={t('failure.start')} error={error} retry={() => void refetch()} />
  if (me === undefined) return <Starting />
  return <SignOutContext value={leave}>{children(me)}</SignOutContext>
}

/** For the moment before the first answer: said, not shown, because it is gone before one could read it. */
function Starting() {
  const { t } = useTranslation('app')
  return (
    <div className="unseen" role="status">
      {t('starting')}
    </div>
  )
}
