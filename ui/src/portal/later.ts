import { useEffect, useState } from 'react'

/** How long ticks may follow each other before they are counted, in milliseconds. */
const pause = 250

/** A value once it has stood still for a moment, compared by content: the same object comes back while nothing changes. */
export function useLater<T>(value: T): T {
  const [settled, setSettled] = useState(value)
  const text = JSON.stringify(value)
  const settledText = JSON.stringify(settled)
  useEffect(() => {
    if (text === settledText) return
    const timer = setTimeout(() => setSettled(value), pause)
    return () => clearTimeout(timer)
    // The text stands for the value: each render makes a new object of the same content.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [text, settledText])
  return settled
}
