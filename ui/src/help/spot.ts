import { useCallback, useEffect, useState } from 'react'
import { topics } from './topics'

/** Where the reader is: /help/backup?q=lost#restore. */
export interface Spot {
  readonly topic: string
  readonly section: string
  /** What is searched for; the results then stand in the place of the topic. */
  readonly asked: string
  /** The reader came here from another place of the help, not from outside. */
  readonly moved: boolean
}

/** The address of a topic, or of a section of it. */
export function addressOf(topic: string, section = ''): string {
  return `/help/${topic}${section === '' ? '' : `#${section}`}`
}

function spotOf(url: URL, moved: boolean): Spot {
  const topic = url.pathname.split('/')[2]
  return {
    topic: topic === undefined || topic === '' ? (topics[0] ?? '') : topic,
    section: url.hash.slice(1),
    asked: url.searchParams.get('q') ?? '',
    moved,
  }
}

/** The place in the help, kept in the address, and the way to another one. Links within the help are followed without a load. */
export function useSpot(): readonly [Spot, (to: Spot, step: 'push' | 'replace') => void] {
  const [spot, setSpot] = useState(() => spotOf(new URL(location.href), false))
  const go = useCallback((to: Spot, step: 'push' | 'replace') => {
    const url = new URL(addressOf(to.topic, to.section), location.origin)
    if (to.asked !== '') url.searchParams.set('q', to.asked)
    if (step === 'push') history.pushState(null, '', url)
    else history.replaceState(null, '', url)
    setSpot(spotOf(url, step === 'push'))
  }, [])
  useEffect(() => {
    const back = () => setSpot(spotOf(new URL(location.href), true))
    const follow = (event: MouseEvent) => {
      const link = (event.target as Element | null)?.closest?.('a')
      const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey && !event.defaultPrevented
      if (!link || !plain || link.target !== '' || link.origin !== location.origin || !/^\/help(\/|$)/.test(link.pathname)) return
      event.preventDefault()
      go(spotOf(new URL(link.href), true), 'push')
    }
    addEventListener('popstate', back)
    document.addEventListener('click', follow)
    return () => {
      removeEventListener('popstate', back)
      document.removeEventListener('click', follow)
    }
  }, [go])
  return [spot, go]
}
