import type { GrantRule, Grant } from './queries'
import { everything, type Choice } from './choice'

/** How an event of change control is handled. */
export type How = 'auto' | 'manual'

/** By event, how it is handled. */
export type Control = Readonly<Record<string, string>>

/** What the server takes: app/customers/offer.go. */
export const bounds = { retention: [30, 1095], seal: [0, 365], contacts: 5, years: 10 } as const

/** Whether a number is a whole one within bounds. */
export function within(number: number | undefined, [least, most]: readonly [number, number]): number is number {
  return number !== undefined && Number.isInteger(number) && number >= least && number <= most
}

/** The events as the server takes them: each one named. */
export function controlOf(events: readonly string[], control: Control): Record<string, How> {
  return Object.fromEntries(events.map((event) => [event, control[event] === 'manual' ? 'manual' : 'auto']))
}

const two = (n: number) => String(n).padStart(2, '0')

/** The day of a moment where the person is: 'YYYY-MM-DD'; '' for none. */
export function dayOf(at: string | number | undefined): string {
  if (at === undefined) return ''
  const date = new Date(at)
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** The last second of a day where the person is, as the server takes it; undefined for none. */
export function endOfDay(day: string): string | undefined {
  const end = new Date(`${day}T23:59:59`)
  return day === '' || Number.isNaN(end.getTime()) ? undefined : end.toISOString()
}

/** Mail addresses, one a line or parted by commas. */
export function addressesIn(text: string): readonly string[] {
  return text
    .split(/[\s,;]+/)
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

/** Whether a text can be a mail address; the server looks more closely. */
export function isAddress(text: string): boolean {
  return /^[^@\s<>"]+@[^@\s<>"]+\.[^@\s<>"]+$/.test(text) && text.length <= 254
}

/** The choice that makes a grant. One that names single rooms beside places, as only programs make it, becomes its places: `mixed` says so. */
export function choiceOf(grant: Grant): { readonly choice: Choice; readonly mixed: boolean } {
  const rules: readonly GrantRule[] = grant.rules ?? []
  const except: readonly GrantRule[] = grant.except ?? []
  const rooms = grant.rooms ?? []
  if (grant.all) return { choice: { ...everything, whole: { all: true, rules: [], except } }, mixed: false }
  if (rules.length === 0) return { choice: { ...everything, mode: 'rooms', rooms: new Set(rooms) }, mixed: except.length > 0 }
  return { choice: { ...everything, mode: 'places', part: { all: false, rules, except } }, mixed: rooms.length > 0 }
}
