// @vitest-environment happy-dom
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { act } from 'react'
import { afterEach, describe, expect, test } from 'vitest'
import { pageOf } from '../../markdown'
import { stage, type Stage } from '../test/stage'
import { find } from './find'
import { Help } from './Help'
import { textOf, type Block, type Inline, type Page } from './page'
import { pagesOf, topics, type Topic } from './topics'
import words from './text.en.json'

const en = await pagesOf('en')
const fr = await pagesOf('fr')
const languages = [['en', en], ['fr', fr]] as const

function inlinesOf(block: Block): readonly Inline[] {
  switch (block.kind) {
    case 'text':
      return block.text
    case 'code':
      return []
    case 'table':
      return [block.head, ...block.rows].flat(2)
    default:
      return block.items.flat()
  }
}

const linksOf = (page: Page) =>
  page.sections.flatMap((section) => section.blocks.flatMap(inlinesOf)).flatMap((inline) => (inline.kind === 'link' ? [inline.to] : []))

describe('the pages', () => {
  test('each file is a topic, in both languages', () => {
    for (const language of ['en', 'fr']) {
      const files = readdirSync(fileURLToPath(new URL(language, import.meta.url)))
      expect(files.map((file) => file.replace('.md', '')).sort()).toEqual([...topics].sort())
    }
  })

  test.each(topics)('%s says the same in both languages: the same parts in the same order', (topic) => {
    const shape = (page: Page) => page.sections.map(({ blocks }) => blocks.map((block) => [block.kind, 'items' in block ? block.items.length : 'rows' in block ? block.rows.length : 1]))
    expect(shape(fr[topic])).toEqual(shape(en[topic]))
    expect(linksOf(fr[topic]).map((to) => to.split('#')[0])).toEqual(linksOf(en[topic]).map((to) => to.split('#')[0]))
  })

  test.each(languages)('%s: every link within the help leads somewhere', (_, pages) => {
    const lost = topics.flatMap((topic) =>
      linksOf(pages[topic])
        .filter((to) => !to.startsWith('/'))
        .filter((to) => {
          const [goal, section] = to.split('#')
          const page = goal === '' ? pages[topic] : (pages as Record<string, Page | undefined>)[goal ?? '']
          return page === undefined || (section !== undefined && !page.sections.some(({ id }) => id === section))
        })
        .map((to) => `${topic} → ${to}`),
    )
    expect(lost).toEqual([])
  })

  test('sections of a page have ids of their own', () => {
    for (const [, pages] of languages) {
      for (const topic of topics) {
        const ids = pages[topic].sections.map(({ id }) => id)
        expect(new Set(ids).size, topic).toBe(ids.length)
      }
    }
  })

  test('French marks stand after their no-break space', () => {
    const wrong = /(?<!\u00a0):(?!\/\/|\d)|(?<!\u202f)[;?!]|«(?!\u00a0)|(?<!\u00a0)»|[\u00a0\u202f ]{2}|'/
    const texts = topics.flatMap((topic) =>
      fr[topic].sections.flatMap(({ heading, blocks }) => [
        heading,
        ...blocks.flatMap(inlinesOf).flatMap((inline) => (inline.kind === 'code' ? [] : [inline.text])),
      ]),
    )
    expect(texts.filter((text) => wrong.test(text) && text.trim() !== ':')).toEqual([])
  })
})

describe('the reader of Markdown', () => {
  test.each([
    ['HTML', '# A\n\n<b>b</b>'],
    ['an image', '# A\n\n![x](y.png)'],
    ['a foreign link', '# A\n\n[x](https://example.com/)'],
    ['a script as a link', '# A\n\n[x](javascript:alert(1))'],
    ['two titles', '# A\n\n# B'],
    ['no title', 'text'],
  ])('refuses %s', (_, text) => {
    expect(() => pageOf(text)).toThrow()
  })
})

describe('search', () => {
  test('finds without capitals and accents, in every word order', () => {
    expect(find(fr, 'cles SECRETS').map(({ topic }) => topic)).toContain('keys')
    expect(find(fr, 'secrets Clés').map(({ topic }) => topic)).toContain('keys')
  })

  test('wants every word, and says nothing to no word', () => {
    expect(find(en, 'ceiling zebra')).toEqual([])
    expect(find(en, '   ')).toEqual([])
  })

  test('places whose heading has the word come first, with an extract', () => {
    const [first] = find(en, 'restore')
    expect(`${first?.title} ${first?.heading}`.toLowerCase()).toContain('restore')
    expect(first?.extract).not.toBe('')
  })

  test('every word of a page is found there', () => {
    for (const topic of topics) {
      const word = /[a-z]{6,}/.exec(textOf(en[topic].sections[0] ?? { id: '', heading: '', blocks: [] }))?.[0] ?? ''
      const hits = find({ ...en, ...Object.fromEntries(topics.filter((t) => t !== topic).map((t) => [t, { title: '', sections: [] }])) } as Record<Topic, Page>, word)
      expect(hits.length, `${topic}: ${word}`).toBeGreaterThan(0)
    }
  })
})

describe('on the screen', () => {
  let shown: Stage
  afterEach(() => shown.end())

  const show = async (path: string) => {
    history.replaceState(null, '', path)
    shown = await stage(() => <Help pages={en} />, { words: { help: words } })
  }

  test('the topic of the address, marked in the contents', async () => {
    await show('/help/backup')
    expect(shown.root.querySelector('h1')?.textContent).toBe(en.backup.title)
    expect(shown.root.querySelector('nav [aria-current]')?.textContent).toBe(en.backup.title)
  })

  test('a link is followed without a load, and back leads back', async () => {
    await show('/help/backup')
    const link = [...shown.root.querySelectorAll<HTMLAnchorElement>('nav a')].find((a) => a.textContent === en.keys.title)
    await act(async () => link?.click())
    expect(shown.root.querySelector('h1')?.textContent).toBe(en.keys.title)
    expect(location.pathname).toBe('/help/keys')
  })

  test('an unknown topic is said to be none', async () => {
    await show('/help/nothing')
    expect(shown.root.textContent).toContain(words.noTopic)
  })

  test('a search stands in the address', async () => {
    await show('/help/backup?q=checkpoint')
    expect(shown.root.querySelector('h1')?.textContent).toBe(words.found)
    expect(shown.root.querySelectorAll('.hits li').length).toBeGreaterThan(0)
    expect(shown.root.textContent).toContain(en.audit.title)
  })
})
