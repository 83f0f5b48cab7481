import type { Format } from '../../text/format'

/** A range of whole days of the person's own time zone, each 'YYYY-MM-DD', '' for no bound. */
export interface Days {
  readonly from: string
  readonly to: string
}

const pattern = /^(\d{4}-\d\d-\d\d)?\.\.(\d{4}-\d\d-\d\d)?$/

/** '2026-11-01..2026-11-20', as it stands in the address; undefined for anything else. */
export function daysOf(value: string): Days | undefined {
  const found = pattern.exec(value)
  const [, from = '', to = ''] = found ?? []
  if (found === null || (from === '' && to === '')) return undefined
  return [from, to].every((day) => day === '' || !Number.isNaN(midnight(day).getTime())) ? { from, to } : undefined
}

/** The reverse. */
export function valueOf({ from, to }: Days): string {
  return `${from}..${to}`
}

/** When a day begins, as the person's clock shows it; `later` days after it. */
function midnight(day: string, later = 0): Date {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number)
  const at = new Date(year, month - 1, date + later)
  return later === 0 && (at.getMonth() !== month - 1 || at.getDate() !== date) ? new Date(Number.NaN) : at // no 31 February
}

/** The range as moments: from the first one, before the second one. Both undefined for what is no range. */
export function momentsOf(value: string): { readonly from: string | undefined; readonly to: string | undefined } {
  const days = daysOf(value)
  return {
    from: days === undefined || days.from === '' ? undefined : midnight(days.from).toISOString(),
    to: days === undefined || days.to === '' ? undefined : midnight(days.to, 1).toISOString(),
  }
}

/** "1 Nov 2026 – 20 Nov 2026", "From 1 Nov 2026"; `bound` says the one end that there is. */
export function daysWords({ from, to }: Days, format: Format, bound: (end: 'from' | 'to', day: string) => string): string {
  const word = (day: string) => format.date(midnight(day))
  if (to === '') return bound('from', word(from))
  if (from === '') return bound('to', word(to))
  return from === to ? word(from) : `${word(from)} – ${word(to)}`
}
