// @vitest-environment happy-dom
import { useQuery } from '@tanstack/react-query'
import { act } from 'react'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ApiError } from '../api/client'
import { one } from '../api/query'
import { button, click, find, focus, press, stage, until, type Stage } from '../test/stage'
import { Button } from './Button'
import { DayStrip } from './chart/DayStrip'
import { placeSpans, SignalSpans } from './chart/SignalSpans'
import { DetailsPane } from './details/DetailsPane'
import { Code } from './details/CopyButton'
import { Fact, Facts } from './details/Facts'
import { PaneContext } from './details/pane'
import { Failure } from './Failure'
import { columnsThatFit, nextSort } from './list/columns'
import { askOf } from './list/state'
import { rowsOf } from './list/rows'
import { usePlace } from './scope'
import { useToast } from './toast'
import { When } from './When'

vi.setConfig({ testTimeout: 30_000 }) // the machine may be busy
let shown: Stage | undefined
afterEach(async () => {
  await shown?.end()
  shown = undefined
})

describe('columns', () => {
  const columns = [
    { id: 'a', head: 'A', flex: 150, cell: () => null },
    { id: 'b', head: 'B', width: 100, hide: 2, cell: () => null },
    { id: 'c', head: 'C', width: 100, hide: 1, cell: () => null },
    { id: 'd', head: 'D', width: 100, onlyAll: true, cell: () => null },
  ]
  const fit = (room: number, all = true, hidden: string[] = []) =>
    columnsThatFit(columns, room, { all, hidden: new Set(hidden), ticks: true }).map((c) => c.id).join('')
  test.each([
    [1000, true, [], 'abcd'],
    [1000, false, [], 'abc'],
    [1000, true, ['b'], 'acd'],
    [450, true, [], 'abd'],
    [350, true, [], 'ad'],
    [250, true, [], 'ad'],
  ])('%i px, all %s, hidden %s → %s', (room, all, hidden, left) => {
    expect(fit(room, all, hidden)).toBe(left)
  })
  test('a second click turns the sort', () => {
    expect(nextSort({ sort: 'name' }, '-size')).toBe('name')
    expect(nextSort({ sort: 'name' }, 'name')).toBe('-name')
    expect(nextSort({ sort: 'size', descending: true }, 'name')).toBe('-size')
    expect(nextSort({ sort: 'size', descending: true }, '-size')).toBe('size')
  })
})

test('a row that comes on two pages is one row', () => {
  const { rows, at } = rowsOf([{ items: ['a', 'b'] }, { items: ['b', 'c'] }], (x) => x)
  expect(rows).toEqual(['a', 'b', 'c'])
  expect(at.get('c')).toBe(2)
})

test('the customer filter of an old link means nothing under one customer', () => {
  const parts = { word: 'x', sort: 'name', columns: [], filters: [{ id: 'customer', label: 'Customer', onlyAll: true, options: [] }] }
  expect(askOf({ customer: 'contoso' }, parts, { all: true }).filters).toEqual({ customer: ['contoso'] })
  expect(askOf({ customer: 'contoso' }, parts, { all: false }).filters).toEqual({})
})

describe('drawings', () => {
  test('spans are cut to the window, never thinner than two, and well ones are not drawn', () => {
    const day = 86_400_000
    const placed = placeSpans(
      [
        { from: -day, to: day, state: 'critical' },
        { from: 3 * day, to: 3 * day + 1, state: 'warning' },
        { from: 4 * day, to: 5 * day, state: 'well' },
        { from: 7 * day - 1, to: null, state: 'important' },
        { from: 9 * day, to: 10 * day, state: 'critical' },
      ],
      0,
      7 * day,
    )
    expect(placed.map((s) => [s.state, s.x, s.width].join(' '))).toEqual(['critical 0 21.142857142857142', 'warning 63.42857142857143 2', 'important 146 2'])
  })
  test('they say their result, and the arrows step through the spans', async () => {
    shown = await stage(() => (
      <>
        <DayStrip days={['none', 'critical', 'none']} label="open on 1 of 3 days" />
        <SignalSpans from="2026-11-15T00:00:00Z" to="2026-11-22T00:00:00Z" spans={[{ from: '2026-11-17T00:00:00Z', to: '2026-11-18T00:00:00Z', state: 'critical' }]} label="bad once" />
      </>
    ))
    expect(find('.strip').getAttribute('aria-label')).toBe('open on 1 of 3 days')
    expect(document.querySelectorAll('.strip .fill')).toHaveLength(1)
    await focus(find('.lane'))
    await press('ArrowRight')
    expect(find('.lane').getAttribute('aria-label')).toMatch(/^bad once\. .* Critical$/)
  })
})

describe('when', () => {
  test.each([
    ['en', -7_230_000, '2\u00a0h ago'],
    ['fr', -7_230_000, 'il y a 2\u00a0h'],
    ['fr', 3 * 86_400_000 + 60_000, 'dans 3\u00a0j'],
    ['en', 0, 'now'],
  ] as const)('%s %i', async (language, offset, words) => {
    shown = await stage(() => <When at={Date.now() + offset} />, { language })
    expect(find('time').textContent).toBe(words)
    expect(find('time').title).toMatch(/UTC\)$/)
  })
  test.each([
    ['en', 0, 'now'],
    ['fr', 0, 'à l’instant'],
    ['fr', -7_230_000, '2\u00a0h'],
  ] as const)('as an age, %s %i', async (language, offset, words) => {
    shown = await stage(() => <When at={Date.now() + offset} as="age" />, { language })
    expect(find('time').textContent).toBe(words)
  })
  test('nothing, and nonsense, are a dash', async () => {
    shown = await stage(() => (
      <>
        <When at={undefined} />
        <When at="soon" />
      </>
    ))
    expect(document.querySelectorAll('time')).toHaveLength(0)
    expect(shown.root.textContent).toContain('––')
  })
})

describe('pane', () => {
  function Sample({ fail }: { fail?: ApiError }) {
    const query = useQuery(one({ scope: usePlace(), feature: 'x', operation: 'get', read: async () => { if (fail) throw fail; return 'body' } }))
    return (
      <DetailsPane
        query={query}
        title="Boardroom 12"
        subtitle="Northwind"
        commands={[{ id: 'a', label: 'Assign', primary: true, run: () => undefined }, { id: 'b', label: 'Close', more: true, run: () => undefined }]}
      >
        <Facts>
          <Fact label="State">{query.data}</Fact>
          <Fact label="Owner">{undefined}</Fact>
        </Facts>
      </DetailsPane>
    )
  }
  test('what there is', async () => {
    shown = await stage(() => <Sample />)
    await until(() => expect(find('.kv').textContent).toBe('Statebody'))
    expect(button('Assign').className).toBe('btn p')
    expect(document.querySelector('[aria-label="Close"]')).toBeNull() // no list around it
  })
  test('not there and not yours look the same, and name nothing', async () => {
    shown = await stage(() => <Sample fail={new ApiError(404, { code: 'not-found', detail: 'Boardroom 12 of Northwind' })} />)
    await until(() => expect(find('.empty').textContent).toBe('Nothing here under this address.'))
    expect(document.body.textContent).not.toContain('Boardroom 12')
    expect(document.body.textContent).not.toContain('Assign')
  })
  test('Escape closes it', async () => {
    const close = vi.fn()
    shown = await stage(() => (
      <PaneContext value={{ close, width: 480, takesFocus: true }}>
        <Sample />
      </PaneContext>
    ))
    await until(() => expect(document.activeElement?.textContent).toBe('Boardroom 12'))
    await press('Escape')
    expect(close).toHaveBeenCalledTimes(1)
  })
})

test('a failure stays until it is dismissed, a success goes by itself', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    function Sample() {
      const toast = useToast()
      return (
        <>
          <button type="button" onClick={() => toast('Done')}>good</button>
          <button type="button" onClick={() => toast('Broken', { tone: 'critical' })}>bad</button>
        </>
      )
    }
    shown = await stage(() => <Sample />)
    await click(button('good'))
    await click(button('bad'))
    expect(find('.toasts').textContent).toBe('DoneBroken')
    await act(() => vi.advanceTimersByTimeAsync(60_000))
    expect(find('.toasts').textContent).toBe('Broken')
    await click(button('Dismiss'))
    expect(find('.toasts').textContent).toBe('')
  } finally {
    vi.useRealTimers()
  }
})

test('a disabled button can be reached, says why, and does nothing', async () => {
  const press = vi.fn()
  shown = await stage(() => (
    <form onSubmit={press}>
      <Button type="submit" disabledReason="Choose at least one person." onClick={press}>
        Accept
      </Button>
    </form>
  ))
  const accept = button('Accept')
  await focus(accept)
  expect(document.activeElement).toBe(accept)
  expect(find(`[id="${accept.getAttribute('aria-describedby')}"]`).textContent).toBe('Choose at least one person.')
  await click(accept)
  expect(press).not.toHaveBeenCalled()
})

test('an error of the server is said in the language of the screen; an unknown one in its own words', async () => {
  shown = await stage(() => <Failure error={new ApiError(409, { code: 'role-name-taken', detail: 'english' })} />, { language: 'fr' })
  expect(find('[role=alert]').textContent).toContain('Un rôle porte déjà ce nom.')
  await shown.end()
  shown = await stage(() => <Failure error={new ApiError(409, { code: 'never-heard-of', detail: 'It is late.', hint: 'Go home.' })} />)
  expect(find('[role=alert]').textContent).toContain('It is late. Go home.')
  await shown.end()
  shown = await stage(() => <Failure error={new DOMException('left', 'AbortError')} />)
  expect(document.querySelector('[role=alert]')).toBeNull()
})

test('a refused clipboard is said', async () => {
  const write = vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('no'))
  shown = await stage(() => <Code copy>INC0048213</Code>)
  await click(button('Copy INC0048213'))
  await until(() => expect(find('.toasts').textContent).toContain('Could not copy'))
  write.mockRestore()
})
