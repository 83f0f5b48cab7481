// @vitest-environment happy-dom
import { useMemo } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ApiError } from '../../api/client'
import { pages, type Page } from '../../api/query'
import { button, click, find, focus, press, stage, until, type Stage } from '../../test/stage'
import { people } from '../../test/world'
import { DetailsPane } from '../details/DetailsPane'
import { useListAsk } from './state'
import { ListPage } from './ListPage'
import type { Ask, DetailsProps, ListSpec } from './spec'

interface Thing {
  readonly id: string
  readonly name: string
}

const things = Array.from({ length: 250 }, (_, i): Thing => ({ id: `t${i}`, name: `Thing ${i}` }))
vi.setConfig({ testTimeout: 30_000 }) // the machine may be busy
let asked: { ask: Ask; cursor: string | undefined }[] = []
let answer: (ask: Ask, cursor: string | undefined) => Promise<Page<Thing>>
let ran: { id: string; rows: readonly string[] }[] = []
let shown: Stage | undefined

const usual: typeof answer = async (_, cursor) => {
  const from = Number(cursor ?? 0)
  const next = from + 100 < things.length ? String(from + 100) : null
  return { items: things.slice(from, from + 100), next, total: things.length }
}

beforeEach(() => {
  asked = []
  ran = []
  answer = usual
  localStorage.clear()
})
afterEach(async () => {
  await shown?.end()
  shown = undefined
})

function Details({ id, row }: DetailsProps<Thing>) {
  return (
    <DetailsPane
      title={row?.name ?? id}
      tabs={[
        { value: 'overview', label: 'Overview', content: () => <p>all of {id}</p> },
        { value: 'notes', label: 'Notes', content: () => <p>notes of {id}</p> },
      ]}
    />
  )
}

const parts = {
  word: 'things',
  sort: 'name',
  columns: [
    { id: 'name', head: 'Name', flex: 150, sort: 'name', cell: (t: Thing) => t.name },
    { id: 'size', head: 'Size', width: 80, sort: 'size', descending: true, hide: 1, cell: () => '12' },
  ],
  tabs: [
    { value: 'open', label: 'Open', count: 12 },
    { value: '', label: 'All' },
  ],
  filters: [
    { id: 'kind', label: 'Kind', options: [{ value: 'a', label: 'Letter a' }, { value: 'b', label: 'Letter b' }] },
    { id: 'severity', label: 'Severity', initial: ['critical'], options: [{ value: 'critical', label: 'Critical' }] },
  ],
}

function List({ permission, empty = 'No things.' }: { permission?: string; empty?: string }) {
  const spec = useMemo(
    (): ListSpec<Thing> => ({
      ...parts,
      title: 'Things',
      permission,
      selectable: true,
      details: Details,
      row: (t) => ({ id: t.id, label: t.name }),
      page: (scope, ask) =>
        pages({
          scope,
          feature: 'things',
          operation: 'list',
          params: { ...ask },
          read: (cursor) => {
            asked.push({ ask, cursor })
            return answer(ask, cursor)
          },
        }),
      commands: [
        { id: 'note', label: 'Note', needs: 'some', shortcut: 'n', inRow: true, run: (rows) => ran.push({ id: 'note', rows: rows.map((r) => r.id) }) },
        { id: 'rename', label: 'Rename', needs: 'one', run: () => undefined },
        { id: 'export', label: 'Export', download: (ask) => `/api/things.csv?state=${ask.tab}` },
      ],
      empty: { text: empty },
    }),
    [permission, empty],
  )
  return <ListPage spec={spec} />
}

const show = async (at = '/page', options: Parameters<typeof stage>[1] = {}) => {
  shown = await stage(() => <List />, { at, ...options })
  await until(() => find('[data-row]'))
  return shown
}
const row = (id: string) => find(`[data-row="${id}"]`)
const focused = () => document.activeElement?.getAttribute('data-row')

test('the address says tab, filters, sort and what is open: a reload shows the same', async () => {
  await show('/page?state=&kind=a&kind=b&sort=-size&open=t3&tab=notes&q=cam')
  expect(asked[0]?.ask).toEqual({ q: 'cam', tab: '', sort: '-size', filters: { kind: ['a', 'b'], severity: ['critical'] } })
  expect(find('aside h2').textContent).toBe('Thing 3')
  expect(find('.pbody').textContent).toBe('notes of t3')
  expect(find('[role=tab][aria-selected=true]').textContent).toBe('All')
  expect(find('[aria-sort]').getAttribute('aria-sort')).toBe('descending')
  expect(find('.filters').textContent).toContain('Kind: Letter a, Letter b')
})

test('words of the address that the list does not know are passed over', async () => {
  await show('/page?state=nonsense&sort=-password&colour=red')
  expect(asked[0]?.ask).toEqual({ q: '', tab: 'open', sort: 'name', filters: { severity: ['critical'] } })
})

test('a filter cleared although it has a beginning stays cleared', async () => {
  const { address } = await show()
  await click(button('Clear filter Severity'))
  await until(() => expect(asked.at(-1)?.ask.filters).toEqual({}))
  expect(address()).toBe('/page?severity=')
})

test('tab, sort and open are written to the address', async () => {
  const { address } = await show()
  await click(button('All'))
  await until(() => expect(asked.at(-1)?.ask.tab).toBe(''))
  await click(button('Size', find('.gh')))
  await until(() => expect(asked.at(-1)?.ask.sort).toBe('-size'))
  await until(() => row('t0'))
  await click(find('[role=gridcell]:nth-child(2)', row('t2')))
  await until(() => expect(address()).toBe('/page?state=&sort=-size&open=t2'))
})

test('keys walk the rows, open, select and leave', async () => {
  const { address } = await show()
  expect(document.querySelectorAll('.grid [tabindex="0"]')).toHaveLength(1)
  await focus(row('t0'))
  await press('ArrowDown')
  expect(focused()).toBe('t1')
  await press('j')
  expect(focused()).toBe('t2')
  await press('k')
  expect(focused()).toBe('t1')
  await press(' ')
  expect(row('t1').getAttribute('aria-selected')).toBe('true')
  expect(find('.filters').textContent).toContain('1 selected')
  await press('Enter')
  await until(() => expect(document.activeElement?.textContent).toBe('Thing 1')) // the head of the pane
  expect(address()).toContain('open=t1')
  await press('Escape')
  await until(() => expect(address()).not.toContain('open='))
  await until(() => expect(focused()).toBe('t1'))
  expect(row('t1').getAttribute('aria-selected')).toBe('true')
  await press('Escape')
  expect(row('t1').getAttribute('aria-selected')).toBe('false')
})

test('End reaches a row that was not on the screen, and the tab stop stays one', async () => {
  await show()
  await focus(row('t0'))
  await press('End')
  await until(() => expect(focused()).toMatch(/^t\d{2,}$/))
  expect(document.querySelectorAll('.grid [tabindex="0"]')).toHaveLength(1)
  await press('Home')
  await until(() => expect(focused()).toBe('t0'))
  await press('ArrowUp')
  expect(document.activeElement?.closest('[role=columnheader]')?.textContent).toBe('Name')
})

test('with the pane open the arrows walk it along', async () => {
  const { address } = await show('/page?open=t5')
  expect(find('aside h2').textContent).toBe('Thing 5')
  await focus(row('t5'))
  await press('ArrowDown')
  await until(() => expect(find('aside h2').textContent).toBe('Thing 6'))
  expect(address()).toBe('/page?open=t6')
  expect(focused()).toBe('t6')
  await click(button('Previous'))
  await until(() => expect(find('aside h2').textContent).toBe('Thing 5'))
})

test('a letter works on the row or on the selection, can be switched off, and yields after g', async () => {
  await show()
  await focus(row('t0'))
  await press('n')
  expect(ran).toEqual([{ id: 'note', rows: ['t0'] }])
  await press('g')
  expect((await press('n')).defaultPrevented).toBe(false)
  expect(ran).toHaveLength(1)
  await press('x')
  await press('ArrowDown')
  await press('x')
  await press('n')
  expect(ran.at(-1)).toEqual({ id: 'note', rows: ['t0', 't1'] })
})

test('letters that are switched off do nothing', async () => {
  localStorage.setItem('roomward.letterKeys', 'off')
  await show()
  await focus(row('t0'))
  await press('n')
  await press('j')
  expect(ran).toEqual([])
  expect(focused()).toBe('t0')
})

test('Ctrl+A selects what is loaded; another tab starts without a selection', async () => {
  await show()
  await focus(row('t0'))
  await press('a', { ctrlKey: true })
  expect(find('.filters').textContent).toMatch(/^\d+ selected/)
  expect(button('Note').getAttribute('aria-disabled')).toBeNull()
  await click(button('All'))
  await until(() => expect(find('.filters').textContent).toContain('Severity'))
  expect(button('Note').getAttribute('aria-disabled')).toBe('true')
})

test('commands without their rows are disabled and say why; the export asks what the list asks', async () => {
  await show('/page?state=')
  expect(button('Rename').title).toBe('Select one row.')
  await click(button('Rename'))
  expect(button('Export').getAttribute('href')).toBe('/api/things.csv?state=')
  expect(button('Export').hasAttribute('download')).toBe(true)
})

test('further pages are fetched when the end comes near, each once', async () => {
  await show()
  await focus(row('t0'))
  await press('End')
  await until(() => expect(find('.grows').style.height).toBe(`${200 * 32}px`))
  await press('End')
  await until(() => expect(asked.map((a) => a.cursor)).toEqual([undefined, '100', '200']))
  expect(find('.grid').getAttribute('aria-rowcount')).toBe('251')
})

test('only what is seen is in the document', async () => {
  await show()
  expect(document.querySelectorAll('[data-row]').length).toBeLessThan(60)
})

test('the row menu opens by Shift+F10 with the commands of rows only', async () => {
  await show()
  await focus(row('t4'))
  await press('F10', { shiftKey: true })
  await until(() => find('[role=menuitem]'))
  expect([...document.querySelectorAll('[role=menuitem]')].map((el) => el.textContent)).toEqual(['Note'])
  await click(find('[role=menuitem]'))
  expect(ran).toEqual([{ id: 'note', rows: ['t4'] }])
})

test('? shows the keys of the list, with the letters of its commands', async () => {
  await show()
  await focus(row('t0'))
  await press('?')
  await until(() => expect(find('[role=dialog]').textContent).toContain('Note'))
})

test('nothing there, and nothing by filter, are different states', async () => {
  answer = async () => ({ items: [], next: null, total: 0 })
  shown = await stage(() => <List />, { at: '/page?severity=' })
  await until(() => expect(find('.empty').textContent).toBe('No things.'))
  await shown.end()
  shown = await stage(() => <List />, { at: '/page?kind=a' })
  await until(() => expect(find('.empty').textContent).toContain('Nothing matches these filters.'))
  await click(button('Clear filters', find('.empty')))
  await until(() => expect(find('.empty').textContent).toBe('No things.'))
})

test('without the permission nothing is asked', async () => {
  shown = await stage(() => <List permission="settings.view" />)
  await until(() => expect(find('.empty').textContent).toContain('You have no role that shows things here.'))
  expect(asked).toEqual([])
})

test('the permission of one customer does not open another one', async () => {
  shown = await stage(() => <List permission="rooms.view" />, { me: people.technician, customer: 'contoso' })
  await until(() => expect(find('.empty').textContent).toContain('You have no role'))
  expect(asked).toEqual([])
})

test('an error says its words, its request id, and tries again', async () => {
  answer = async () => {
    throw new ApiError(500, { code: 'internal', requestId: 'req-77' })
  }
  shown = await stage(() => <List />)
  await until(() => expect(find('[role=alert]').textContent).toContain('Could not load things.'))
  expect(find('[role=alert]').textContent).toContain('req-77')
  expect(document.querySelector('.empty')).toBeNull()
  answer = usual
  await click(button('Try again'))
  await until(() => row('t0'))
  expect(document.querySelector('[role=alert]')).toBeNull()
})

test('a later error keeps the rows and says how old they are', async () => {
  await show()
  answer = async () => {
    throw new ApiError(503, { code: 'unavailable' })
  }
  await click(button('Refresh'))
  await until(() => expect(find('[role=alert]').textContent).toMatch(/Could not load things\. Showing those of \d\d:\d\d\./))
  row('t0')
})

test('refused and absent say so instead of an empty list', async () => {
  answer = async () => {
    throw new ApiError(403, { code: 'forbidden' })
  }
  shown = await stage(() => <List />)
  await until(() => expect(find('.empty').textContent).toContain('You have no role'))
  await shown.end()
  answer = async () => {
    throw new ApiError(404, { code: 'not-found' })
  }
  shown = await stage(() => <List />)
  await until(() => expect(find('.empty').textContent).toBe('Nothing here under this address.'))
})

test('loading is said at once and drawn only when it lasts', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    answer = () => new Promise(() => undefined)
    shown = await stage(() => <List />)
    expect(find('.grid[role=status]').getAttribute('aria-label')).toBe('Loading things')
    expect(document.querySelectorAll('.bone')).toHaveLength(0)
    const { act } = await import('react')
    await act(() => vi.advanceTimersByTimeAsync(400))
    expect(document.querySelectorAll('.still')).toHaveLength(12)
  } finally {
    vi.useRealTimers()
  }
})

test('the pane of an item that is not among the rows shows what its own read says', async () => {
  await show('/page?open=elsewhere')
  expect(find('aside h2').textContent).toBe('elsewhere')
  expect(document.querySelector('aside [aria-label="Next"]')).toBeNull()
})

test('another part of a page can ask the same question', async () => {
  const seen: Ask[] = []
  function Counts() {
    seen.push(useListAsk(parts))
    return null
  }
  shown = await stage(() => <Counts />, { at: '/page?kind=b&sort=-size' })
  expect(seen.at(-1)).toEqual({ q: '', tab: 'open', sort: '-size', filters: { kind: ['b'], severity: ['critical'] } })
})
