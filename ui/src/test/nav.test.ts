import { describe, expect, test } from 'vitest'
import type { Customer } from '../api/can'
import { pathOf } from '../kit/address'
import { entriesOf, firstPage, hasNoRole, placeOf, switchTo } from '../app/nav'
import { topicOf } from '../app/HelpMenu'
import { searched, searchPlaces } from '../app/searching'
import { topics } from '../help/topics'
import { allPages, people } from './world'

const wholePortal = ['portal', 'portal/rooms', 'portal/permissions', 'portal/members', 'portal/approvals', 'portal/activity']

describe('navigation', () => {
  // Exactly these, in this order: what is not in the list must not appear.
  test.each<[keyof typeof people, Customer, readonly string[], string | undefined, boolean]>([
    ['manager', 'all', ['customers', 'tenant-managers', 'installation'], '/customers', false],
    ['tenantManager', 'all', ['customers', 'tenant-managers'], '/customers', false],
    ['primaryAdmin', 'all', ['incidents', 'rooms', 'groups', 'customers', 'roles', 'check-access', 'requests', 'collection'], '/incidents', false],
    ['primaryAdmin', 'northwind', ['incidents', 'rooms', 'groups', 'customers', 'roles', 'check-access', 'requests', 'collection'], '/c/northwind/incidents', false],
    ['primaryAdmin', 'unknown', ['customers'], '/customers', false],
    ['technician', 'all', ['incidents', 'rooms', 'customers', 'collection'], '/incidents', false],
    ['withdrawn', 'all', ['customers'], '/customers', false],
    ['nobody', 'all', [], undefined, true],
    ['customerAdmin', 'all', wholePortal, '/portal', false],
    ['customerMember', 'all', ['portal'], '/portal', false],
  ])('%s under %s', (who, customer, pages, first, noRole) => {
    const me = people[who]
    expect(entriesOf(me, customer, allPages).flat().map((entry) => entry.page)).toEqual(pages)
    expect(firstPage(me, allPages, customer)).toBe(first)
    expect(hasNoRole(me)).toBe(noRole)
  })

  test('a page that no feature brings has no entry', () => {
    const some = allPages.filter((page) => page.path === 'rooms')
    expect(entriesOf(people.primaryAdmin, 'all', some)).toEqual([[{ page: 'rooms', to: '/rooms' }]])
    expect(entriesOf(people.primaryAdmin, 'all', [])).toEqual([])
    expect(firstPage(people.primaryAdmin, [])).toBeUndefined()
  })

  test('a page of the other side has no entry, even when it has the same path', () => {
    const foreign = [{ path: 'rooms', side: 'customer', load: allPages[0]?.load } as never]
    expect(entriesOf(people.primaryAdmin, 'all', foreign)).toEqual([])
  })
})

describe('addresses', () => {
  test.each<[string, Customer]>([
    ['rooms', 'all'],
    ['rooms', 'northwind'],
    ['rooms', 'a b/c%20é'],
    ['portal/rooms', 'all'],
  ])('%s of %s comes back from its path', (page, customer) => {
    expect(placeOf(pathOf(page, customer))).toEqual({ customer, page })
  })

  test('odd addresses name no customer or page of ours, and throw nothing', () => {
    expect(placeOf('/')).toEqual({ customer: 'all', page: '' })
    expect(placeOf('/c')).toEqual({ customer: 'all', page: 'c' })
    expect(placeOf('/c/%E0%A4%A/rooms')).toEqual({ customer: '%E0%A4%A', page: 'rooms' })
  })

  test.each([
    ['rooms', 'northwind', '/c/northwind/rooms'],
    ['rooms', 'all', '/rooms'],
    ['customers', 'northwind', '/c/northwind/incidents'], // exists for all only
    ['customers', 'all', '/customers'],
    ['nonsense', 'northwind', '/c/northwind/incidents'],
  ] as const)('switching from %s to %s goes to %s', (page, customer, to) => {
    expect(switchTo(people.primaryAdmin, allPages, page, customer)).toBe(to)
  })

  test('switching never leads to a page that the person may not use there', () => {
    expect(switchTo(people.technician, allPages, 'roles', 'northwind')).toBe('/c/northwind/incidents')
  })
})

describe('search', () => {
  test('offers only lists that the person may see, the present one first', () => {
    const of = (me: (typeof people)[keyof typeof people], page: string) => searchPlaces(me, 'all', allPages, page).map((place) => place.page)
    expect(of(people.primaryAdmin, 'incidents')).toEqual(['incidents', 'rooms', 'customers'])
    expect(of(people.primaryAdmin, 'collection')).toEqual(['rooms', 'incidents', 'customers'])
    expect(of(people.manager, '')).toEqual(['customers'])
    expect(of(people.nobody, '')).toEqual([])
  })

  test('keeps filters and drops the open item', () => {
    expect(searched({ state: 'offline', open: 'r1', tab: 'signals', q: 'old' }, 'new')).toEqual({ state: 'offline', q: 'new' })
    expect(searched({ q: 'old', sort: 'name' }, '')).toEqual({ sort: 'name' })
  })
})

test('the help has the topic of every page', () => {
  expect(Object.values(topicOf).filter((topic) => !(topics as readonly string[]).includes(topic))).toEqual([])
})
