import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../api/client'
import { claimSetup } from '../api/setupToken'
import { useTitle } from '../kit/announce'
import { Failure } from '../kit/Failure'
import { Skeleton } from '../kit/Skeleton'
import { Door, InClear, Over } from './door'
import { Guide } from './guide'
import { useSituation } from './queries'
import './setup.css'

/** Whether what is typed on a page would travel in the clear: over http, and not to this very machine. */
export function inClear({ protocol, hostname }: Pick<Location, 'protocol' | 'hostname'>): boolean {
  return protocol === 'http:' && hostname !== 'localhost' && hostname !== '[::1]' && !/^127(\.\d+){3}$/.test(hostname)
}

/** The set-up guide, or the door before it. No token is asked for, or sent, where others could read it. */
export function Page() {
  return inClear(location) ? <InClear /> : <Opening />
}

function Opening() {
  const { t } = useTranslation('setup')
  // The printed address carries the token behind its #, where no server and no log sees it.
  const [given] = useState(() => location.hash.slice(1))
  const [opening, setOpening] = useState(given !== '')
  const [refused, setRefused] = useState<unknown>()
  const { data, error, refetch } = useSituation(!opening) // not before the token is changed: a refusal in flight would be taken for the answer
  const tried = useRef(false)
  useTitle(t('title'))
  useEffect(() => {
    if (given === '' || tried.current) return
    tried.current = true // a token works once
    history.replaceState(null, '', location.pathname + location.search)
    claimSetup(given)
      .catch((failure: unknown) => setRefused(failure))
      .finally(() => setOpening(false))
  }, [given])

  if (data !== undefined) return <Guide situation={data} />
  if (opening || error === null) {
    return (
      <main className="main" aria-busy aria-label={t('loading')}>
        <Skeleton lines={6} />
      </main>
    )
  }
  if (error instanceof ApiError && error.status === 401) return <Door refused={refused} onOpen={() => refetch()} />
  if (error instanceof ApiError && error.status === 404) return <Over />
  return (
    <div className="signin">
      <main>
        <Failure error={error} retry={refetch} />
      </main>
    </div>
  )
}
