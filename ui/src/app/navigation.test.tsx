// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest'
import { find, stage, until, type Stage } from '../test/stage'
import { people } from '../test/world'
import { FrameContext } from './frame'
import { Navigation } from './Navigation'
import words from './text.en.json'

let here: Stage | undefined
afterEach(async () => {
  await here?.end()
  here = undefined
  vi.unstubAllGlobals()
})

const pages = [
  { side: 'customer', path: 'portal', load: async () => ({ Page: () => null }) },
  { side: 'customer', path: 'portal/approvals', load: async () => ({ Page: () => null }) },
] as const
const link = () => find('a[href="/portal/approvals"]')

async function show(waiting: number, open = true) {
  vi.stubGlobal('fetch', async () => new Response(JSON.stringify({ items: [], unread: 0, waiting }), { headers: { 'Content-Type': 'application/json' } }))
  const me = people.customerAdmin
  here = await stage(
    () => (
      <FrameContext value={{ me, pages, hadRole: false }}>
        <Navigation open={open} overlay={false} onClose={() => undefined} />
      </FrameContext>
    ),
    { words: { app: words }, me },
  )
}

test.each([
  [3, '3', '3 wait for approval'],
  [1, '1', '1 waits for approval'],
  [120, '99+', '120 wait for approval'],
])('%i requests that wait stand beside their page as %s', async (waiting, shown, said) => {
  await show(waiting)
  await until(() => expect(link().querySelector('.n')?.textContent).toBe(shown))
  expect(link().title).toBe(said)
  expect(document.querySelectorAll('.n')).toHaveLength(1)
})

test('nothing that waits shows no number, and a closed navigation says both in the title', async () => {
  await show(0)
  await until(() => expect(link().textContent).toBe('Approvals'))
  expect(document.querySelector('.n')).toBeNull()
  await here?.end()
  await show(2, false)
  await until(() => expect(link().title).toBe('Approvals, 2 wait for approval'))
})
