import { expect, test } from 'vitest'
import { daysOf, daysWords } from '../kit/list/days'
import { Format } from '../text/format'
import { exportAddress, filterOf } from './queries'

const ask = (filters: Record<string, readonly string[]>) => ({ q: '', tab: '', sort: '', filters })

test('the address asks for who, for what, and for whole days of the person', () => {
  const filter = filterOf(ask({ who: ['Kim'], on: ['Help desk'], time: ['2026-11-01..2026-11-20'] }), undefined)
  expect([filter.actor, filter.object]).toEqual(['Kim', 'Help desk'])
  expect(filter.from).toBe(new Date(2026, 10, 1).toISOString())
  expect(filter.to).toBe(new Date(2026, 10, 21).toISOString())
  expect(filterOf(ask({ time: ['..2026-02-28'] }), undefined)).toMatchObject({ from: undefined, to: new Date(2026, 2, 1).toISOString() })
  expect(exportAddress(true, 'csv', ask({ who: ['Kim'] }), undefined)).toBe('/api/partnership/audit.csv?actor=Kim')
})

test('what is no range of days asks for all time', () => {
  for (const value of ['..', 'yesterday', '2026-02-30..', '2026-11-01', '2026-11-01..x', '2026-13-01..']) {
    expect(daysOf(value)).toBeUndefined()
    expect(filterOf(ask({ time: [value] }), undefined)).toMatchObject({ from: undefined, to: undefined })
  }
})

test('a range is said with its ends, an open one with the end that it has', () => {
  const format = new Format('en')
  const said = (value: string) => daysWords(daysOf(value) ?? { from: '', to: '' }, format, (end, day) => `${end} ${day}`)
  const day = format.date(new Date(2026, 10, 1))
  expect([said('2026-11-01..'), said('..2026-11-01'), said('2026-11-01..2026-11-01')]).toEqual([`from ${day}`, `to ${day}`, day])
})
