import { useLayoutEffect, type KeyboardEvent, type RefObject } from 'react'

const stops = 'button, a[href], [role="tab"]'

/** The focusable parts of a bar that are on the screen (an overflowing one is in the menu instead). */
function stopsIn(bar: HTMLElement): HTMLElement[] {
  return [...bar.querySelectorAll<HTMLElement>(stops)].filter(
    (el) => el.closest('[data-overflowing]') === null && el.closest('[hidden]') === null && el.closest('[data-tabster-dummy]') === null,
  )
}

/**
 * Makes a bar one tab stop with arrows inside (screens.md 3, Keys). tabIndex is kept in the DOM, not in React: the parts
 * come from several components. Spread what it returns on the bar.
 */
export function useRoving(bar: RefObject<HTMLElement | null>) {
  useLayoutEffect(() => {
    if (bar.current) keepOneStop(stopsIn(bar.current))
  })
  return {
    onFocus: () => {
      const at = document.activeElement
      if (!bar.current || !(at instanceof HTMLElement)) return
      const all = stopsIn(bar.current)
      if (all.includes(at)) keepOneStop(all, at)
    },
    onKeyDown: (event: KeyboardEvent<HTMLElement>) => {
      if (!bar.current || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      const all = stopsIn(bar.current)
      const at = all.indexOf(document.activeElement as HTMLElement)
      const to = nextStop(event.key, at, all.length)
      if (to === undefined) return
      event.preventDefault()
      all[to]?.focus()
    },
  }
}

/** The index that a key leads to; the ends meet. */
export function nextStop(key: string, at: number, count: number): number | undefined {
  if (at < 0 || count === 0) return undefined
  switch (key) {
    case 'ArrowRight':
      return (at + 1) % count
    case 'ArrowLeft':
      return (at - 1 + count) % count
    case 'Home':
      return 0
    case 'End':
      return count - 1
  }
  return undefined
}

function keepOneStop(all: readonly HTMLElement[], wanted?: HTMLElement) {
  const one =
    wanted ?? all.find((el) => el.getAttribute('aria-selected') === 'true') ?? all.find((el) => el.tabIndex === 0) ?? all[0]
  for (const el of all) el.tabIndex = el === one ? 0 : -1
}
