import { describe, expect, test } from 'vitest'
import type { Ask } from '../kit/list/spec'
import { filtersOf, lateOf, seatsOf, sortOf } from './ask'
import { deviceSeenAt, healthOf, knownUntil, laneOf, seenAt, signalsUntil, timesBad, wrongOf } from './known'
import type { RoomSignal } from './queries'

const at = (text: string) => Date.parse(`2026-11-${text}Z`)
const iso = (text: string) => `2026-11-${text}:00Z`
const now = at('23T12:00')

function signal(more: Partial<RoomSignal> = {}): RoomSignal {
  return {
    deviceId: 'd1',
    deviceKind: 'teamsRoom',
    signal: 'room-camera',
    state: 'good',
    severity: 'important',
    value: 'connected',
    since: iso('01T00:00'),
    spans: [],
    ...more,
  }
}

describe('what the address asks', () => {
  const ask = (more: Partial<Ask> = {}): Ask => ({ q: '', tab: '', sort: 'health', filters: {}, ...more })

  test('one customer of the address wins over the filter', () => {
    const filters = { customer: ['b'] }
    expect(filtersOf('all', ask({ filters })).customer).toBe('b')
    expect(filtersOf('a', ask({ filters })).customer).toBe('a')
    expect(filtersOf('all', ask()).customer).toBeUndefined()
  })

  test('the tab is the health, and nothing else becomes one', () => {
    expect(filtersOf('all', ask({ tab: 'offline' })).health).toEqual(['offline'])
    expect(filtersOf('all', ask({ tab: '' })).health).toBeUndefined()
    expect(filtersOf('all', ask({ tab: 'broken' })).health).toBeUndefined()
  })

  test('a severity that the server refuses is left out', () => {
    expect(filtersOf('all', ask({ filters: { severity: ['warning', 'recommended', 'x'] } })).severity).toEqual(['warning'])
  })

  test.each<[string | undefined, object]>([
    ['5-8', { capacityMin: 5, capacityMax: 8 }],
    ['17-', { capacityMin: 17, capacityMax: undefined }],
    ['many', {}],
    ['-8', {}],
    [undefined, {}],
  ])('seats %s', (range, bounds) => expect(seatsOf(range)).toEqual(bounds))

  test('an unknown order is worst first', () => {
    expect(sortOf('-lastSeen')).toBe('-lastSeen')
    expect(sortOf('size')).toBe('health')
  })
})

describe('nothing is called healthy that nobody has seen', () => {
  test.each<[string, string | undefined, string]>([
    ['healthy', iso('23T11:58'), 'healthy'],
    ['healthy', iso('23T11:29'), 'not-known'],
    ['healthy', undefined, 'not-known'],
    ['unhealthy', iso('23T11:29'), 'unhealthy'],
    ['onboarding', undefined, 'onboarding'],
  ])('%s with data of %s is %s', (health, dataAt, shown) => {
    expect(healthOf({ health: health as 'healthy', dataAt }, now)).toBe(shown)
  })

  test('a room is known until it was last seen, or last read', () => {
    const dataAt = iso('23T11:58')
    expect(knownUntil({ health: 'healthy', dataAt }, now)).toBeUndefined()
    expect(knownUntil({ health: 'offline', dataAt, lastSeenAt: iso('22T09:00') }, now)).toBe(at('22T09:00'))
    expect(knownUntil({ health: 'unhealthy', dataAt: iso('23T08:00') }, now)).toBe(at('23T08:00'))
  })

  test('signals of a room that is still read go on; those of a customer that is not end', () => {
    const seen = { lastSeenAt: iso('22T09:00'), dataAt: iso('23T11:58') }
    const silent = [signal({ signal: 'no-telemetry', state: 'bad' })]
    expect(signalsUntil({ health: 'offline', ...seen }, [], now)).toBeUndefined()
    expect(signalsUntil({ health: 'unmonitored', ...seen }, silent, now)).toBeUndefined()
    expect(signalsUntil({ health: 'unmonitored', ...seen }, [signal()], now)).toBe(at('22T09:00'))
    expect(signalsUntil({ health: 'unmonitored', ...seen, dataAt: iso('22T09:00') }, silent, now)).toBe(at('22T09:00'))
  })

  test('a device that is gone was seen until then, the others with the last reading', () => {
    const room = { health: 'healthy' as const, dataAt: iso('23T11:58') }
    const items = [signal({ signal: 'offline', state: 'bad', since: iso('23T07:00') }), signal({ deviceId: 'd2', signal: 'offline' })]
    expect(deviceSeenAt(items, 'd1', room)).toBe(iso('23T07:00'))
    expect(deviceSeenAt(items, 'd2', room)).toBe(room.dataAt)
    expect(seenAt({ ...room, health: 'onboarding' })).toBeUndefined()
  })
})

describe('the lane of seven days', () => {
  const window = { from: at('16T12:00'), to: now, watchedSince: at('01T00:00') }

  test('a signal that was good all the time has no spans', () => {
    expect(laneOf(signal(), window)).toEqual([])
  })

  test('bad is drawn in its severity, an open end is now', () => {
    const spans: RoomSignal['spans'] = [
      { state: 'bad', severity: 'critical', from: iso('18T10:00'), until: iso('18T11:00') },
      { state: 'unknown', severity: 'important', from: iso('22T10:00') },
    ]
    expect(laneOf(signal({ spans }), window)).toEqual([
      { from: at('18T10:00'), to: at('18T11:00'), state: 'critical' },
      { from: at('22T10:00'), to: now, state: 'none' },
    ])
    expect(timesBad(signal({ spans }), window.from)).toBe(1)
    expect(timesBad(signal({ spans }), at('19T00:00'))).toBe(0)
  })

  test('before Roomward watched there are no data, unless Microsoft says since when', () => {
    const young = { ...window, watchedSince: at('23T11:00') }
    expect(laneOf(signal({ since: iso('23T11:30') }), young)).toEqual([{ from: window.from, to: at('23T11:00'), state: 'none' }])
    expect(laneOf(signal({ since: iso('01T00:00') }), young)).toEqual([])
    const spans: RoomSignal['spans'] = [{ state: 'bad', severity: 'critical', from: iso('23T10:00') }]
    expect(laneOf(signal({ state: 'bad', since: iso('23T10:00'), spans }), young)).toEqual([
      { from: window.from, to: at('23T10:00'), state: 'none' },
      { from: at('23T10:00'), to: now, state: 'critical' },
    ])
  })

  test('after the last reading there are no data, however bad it was', () => {
    const spans: RoomSignal['spans'] = [{ state: 'bad', severity: 'critical', from: iso('20T10:00') }]
    expect(laneOf(signal({ state: 'bad', spans }), { ...window, until: at('22T00:00') })).toEqual([
      { from: at('20T10:00'), to: at('22T00:00'), state: 'critical' },
      { from: at('22T00:00'), to: now, state: 'none' },
    ])
  })
})

test('wrong is what is bad, and what was bad when it was last heard', () => {
  const items = [
    signal({ signal: 'a', state: 'bad' }),
    signal({ signal: 'b' }),
    signal({ signal: 'c', state: 'unknown' }),
    signal({ signal: 'd', state: 'unknown', incidentState: 'active' }),
    signal({ signal: 'e', incidentState: 'resolved' }),
  ]
  expect(wrongOf({ items }).map((s) => s.signal)).toEqual(['a', 'd'])
})

test('under one customer only that one can be late, whatever the others are', () => {
  const of = (state: string) => ({ customers: 9, upToDate: 7, items: [{ state }] })
  expect(lateOf(undefined, of('devices-gone'))).toBe(2)
  expect(lateOf('c1', of('ok'))).toBe(0)
  expect(lateOf('c1', of('devices-gone'))).toBe(1)
})
