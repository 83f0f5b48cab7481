import type { Day } from '../kit/chart/DayStrip'
import type { Incident } from './queries'

/** The thirty days as the strip draws them: in the incident's severity where it was open. */
export function daysOf({ days30, severity }: Pick<Incident, 'days30' | 'severity'>): readonly Day[] {
  return days30.map((open) => (open ? severity : 'none'))
}

/** On how many of the thirty days it was open. */
export function openDays({ days30 }: Pick<Incident, 'days30'>): number {
  return days30.filter(Boolean).length
}
