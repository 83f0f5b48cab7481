import type { Format } from '../text/format'

const nbsp = '\u00a0'
const second = 1_000

/** How long a run took: "< 0.1 s", "0.4 s", "12 s", then in minutes. */
export function took(milliseconds: number, format: Format): string {
  const span = Math.max(0, milliseconds)
  if (span === 0) return `0${nbsp}s`
  if (span < 100) return `<${nbsp}${format.number(0.1)}${nbsp}s`
  if (span < 10 * second) return `${format.number(Math.round(span / 100) / 10)}${nbsp}s`
  if (span < 60 * second) return `${format.number(Math.round(span / second))}${nbsp}s`
  return format.duration(span)
}
