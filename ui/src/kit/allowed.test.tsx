// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest'
import { button, click, stage, type Stage } from '../test/stage'
import en from '../text/common.en.json'
import fr from '../text/common.fr.json'
import type { components } from '../api/schema'
import { Allowed } from './Allowed'

type Capability = components['schemas']['Capability']

const one = (capability: Capability['capability'], more: Partial<Capability>): Capability => ({
  capability,
  state: 'works',
  permission: 'Place.Read.All',
  optional: false,
  mend: 'nothing',
  ...more,
})
const items = [
  one('places', { triedAt: '2026-11-28T08:00:00Z' }),
  one('presence', { state: 'not-consented', permission: 'Presence.Read.All', detail: 'Presence.Read.All', optional: true, mend: 'consent' }),
  one('devices', { state: 'gone', permission: 'TeamworkDevice.Read.All', detail: 'HTTP 404, ResourceNotFound, request 1a2b' }),
  one('call-records', { state: 'not-used', permission: 'CallRecords.Read.All', optional: true, given: true }),
]

let here: Stage | undefined
afterEach(async () => {
  await here?.end()
  here = undefined
})

test('says of each thing whether it works, what Microsoft said, and what helps', async () => {
  const check = vi.fn()
  here = await stage(() => <Allowed known={{ running: false, checkedAt: '2026-11-28T08:00:00Z', items }} side="partner" checking={false} onCheck={check} />)
  const rows = [...here.root.querySelectorAll('tbody tr')].map((row) => row.textContent ?? '')
  expect(rows).toHaveLength(4)
  expect(rows[0]).toContain(en.can.states.works)
  expect(rows[1]).toContain(en.can.optional)
  expect(rows[1]).toContain(en.can.mend.partner.consent)
  // The permission stands there once: Microsoft's answer would only say it again.
  expect(rows[1]?.split('Presence.Read.All')).toHaveLength(2)
  expect(rows[2]).toContain('request 1a2b')
  expect(rows[2]).not.toContain(en.can.mend.partner.wait)
  expect(rows[3]).toContain(en.can.given)
  expect(rows[3]).not.toContain(`(${en.can.optional})`)
  await click(button(en.can.check, here.root))
  expect(check).toHaveBeenCalledOnce()
})

test('tells the customer in its own language what it can do itself', async () => {
  here = await stage(() => <Allowed known={{ running: true, items }} side="customer" checking onCheck={() => undefined} />, { language: 'fr' })
  expect(here.root.textContent).toContain(fr.can.running)
  expect(here.root.textContent).toContain(fr.can.mend.customer.consent)
  expect(here.root.textContent).not.toContain(fr.can.mend.partner.consent)
})
