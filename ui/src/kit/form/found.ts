import { useEffect, useRef, useState } from 'react'

/** What a search answered to the present word. */
export type Found<T> =
  | { readonly state: 'idle' | 'busy' }
  | { readonly state: 'found'; readonly items: readonly T[] }
  | { readonly state: 'failed'; readonly error: unknown }

/** Milliseconds of silence before a search: nobody needs the answer for each letter. */
const pause = 200

/** What a search answers to a word, never the answer to a former one. Idle below `least` characters, and while `on` is false. */
export function useFound<T>(q: string, least: number, search: (q: string, signal: AbortSignal) => Promise<readonly T[]>, on = true): Found<T> {
  const [found, setFound] = useState<Found<T> & { q?: string }>({ state: 'idle' })
  const latest = useRef(search)
  useEffect(() => {
    latest.current = search
  })
  const asks = on && q.length >= least
  useEffect(() => {
    if (!asks) return
    const control = new AbortController()
    const timer = setTimeout(() => {
      latest.current(q, control.signal).then(
        (items) => {
          if (!control.signal.aborted) setFound({ state: 'found', items, q })
        },
        (error: unknown) => {
          if (!control.signal.aborted) setFound({ state: 'failed', error, q })
        },
      )
    }, pause)
    return () => {
      clearTimeout(timer)
      control.abort()
    }
  }, [q, asks])
  if (!asks) return { state: 'idle' }
  return found.q === q ? found : { state: 'busy' }
}
