import type { Span } from '../kit/chart/SignalSpans'
import { isOld } from '../kit/fresh'
import type { Health } from '../kit/status'
import type { Room, RoomDevice, RoomSignal, RoomSignals } from './queries'

/** The health to show. A room that was healthy when it was last heard is not called healthy now. */
export function healthOf({ health, dataAt }: Pick<Room, 'health' | 'dataAt'>, now: number): Health | 'not-known' {
  return health === 'healthy' && isOld(dataAt, now) ? 'not-known' : health
}

/** What Teams says of the account of a room whose devices cannot be read; undefined where it says nothing of now. */
export function presenceOf({ health, presence }: Pick<Room, 'health' | 'presence'>, now: number): Room['presence'] {
  return health === 'unmonitored' && presence !== undefined && !isOld(presence.asOf, now) ? presence : undefined
}

/** Until when the room is known, in milliseconds; undefined: until now. */
export function knownUntil(room: Pick<Room, 'health' | 'dataAt' | 'lastSeenAt'>, now: number): number | undefined {
  if ((room.health === 'offline' || room.health === 'unmonitored') && room.lastSeenAt !== undefined) return Date.parse(room.lastSeenAt)
  return room.dataAt !== undefined && isOld(room.dataAt, now) ? Date.parse(room.dataAt) : undefined
}

/**
 * Until when the signals of the room are known. A room that is offline or silent is still read: what cannot be known of it
 * meanwhile, the server says itself. Where the customer cannot be read at all, every signal ends with the last reading.
 */
export function signalsUntil(room: Pick<Room, 'health' | 'dataAt' | 'lastSeenAt'>, items: readonly RoomSignal[], now: number): number | undefined {
  const read = room.health === 'offline' || items.some((s) => s.signal === 'no-telemetry' && s.state === 'bad')
  return read && !isOld(room.dataAt, now) ? undefined : knownUntil(room, now)
}

/**
 * When the room was last seen: where it is neither offline nor unmonitored, by the last good collection. While none of its
 * devices has been read, never.
 */
export function seenAt(room: Pick<Room, 'health' | 'dataAt' | 'lastSeenAt'>): string | undefined {
  return room.health === 'onboarding' ? undefined : (room.lastSeenAt ?? room.dataAt)
}

/** When a device was last heard: since it went offline or silent not any more, else with the last good collection. */
export function deviceSeenAt(signals: readonly RoomSignal[], device: string, room: Pick<Room, 'health' | 'dataAt' | 'lastSeenAt'>): string | undefined {
  const gone = signals
    .filter((s) => s.deviceId === device && s.state === 'bad' && (s.signal === 'offline' || s.signal === 'no-telemetry'))
    .map((s) => s.since)
    .sort()
  return gone[0] ?? seenAt(room)
}

interface Window {
  readonly from: number
  readonly to: number
  /** Since when Roomward collects the room: before that only what Microsoft says counts. */
  readonly watchedSince: number
  /** Until when the room is known. */
  readonly until?: number | undefined
}

/**
 * The drawing of a signal's days. What nobody knows is "none", never "well": the time before Roomward watched, unless
 * Microsoft says since when the state lasts, and the time since the room was last heard.
 */
export function laneOf(signal: Pick<RoomSignal, 'since' | 'spans'>, { from, to, watchedSince, until }: Window): readonly Span[] {
  const spans = signal.spans.map((s) => ({
    from: Date.parse(s.from),
    to: s.until === undefined ? to : Date.parse(s.until),
    state: s.state === 'bad' ? s.severity : ('none' as const),
  }))
  const begins = Math.min(watchedSince, Date.parse(signal.since), ...spans.map((s) => s.from))
  const ends = until === undefined ? to : Math.max(from, until)
  const kept: Span[] = spans.filter((s) => s.from < ends).map((s) => ({ ...s, to: Math.min(s.to, ends) }))
  if (begins > from) kept.unshift({ from, to: begins, state: 'none' })
  if (ends < to) kept.push({ from: ends, to, state: 'none' })
  return kept
}

/** How often a signal was bad within the window. */
export function timesBad(signal: Pick<RoomSignal, 'spans'>, from: number): number {
  return signal.spans.filter((s) => s.state === 'bad' && (s.until === undefined || Date.parse(s.until) > from)).length
}

/** Signals that are bad now, or were when their device was last heard: with an incident that is not over. */
export function wrongOf({ items }: Pick<RoomSignals, 'items'>): readonly RoomSignal[] {
  const open = ['watching', 'active', 'investigating']
  return items.filter((s) => s.state === 'bad' || (s.state === 'unknown' && open.includes(s.incidentState ?? '')))
}

/** Devices with those first that run the meetings of a room, as the server chooses one. */
export function mainFirst<D extends Pick<RoomDevice, 'kind'>>(devices: readonly D[]): readonly D[] {
  const runs = ({ kind }: D) => ['teamsRoom', 'surfaceHub', 'collaborationBar'].includes(kind)
  return [...devices.filter(runs), ...devices.filter((device) => !runs(device))]
}
