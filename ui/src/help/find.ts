import { textOf, type Page } from './page'
import { topics, type Topic } from './topics'

/** A place in the help that has all the words. */
export interface Hit {
  readonly topic: Topic
  readonly title: string
  readonly id: string
  readonly heading: string
  /** Around the first word found. */
  readonly extract: string
}

/** "Clés perdues" → "cles perdues": what is typed without accents and capitals is found. One character stays one. */
function flat(text: string): string {
  return [...text].map((char) => char.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()[0] ?? char).join('')
}

const around = 90

/** Sections that have every word, those with a word in title or heading first; at most 20. */
export function find(pages: Readonly<Record<Topic, Page>>, asked: string): readonly Hit[] {
  const words = flat(asked).split(/\s+/).filter((word) => word !== '')
  if (words.length === 0) return []
  const hits: { readonly hit: Hit; readonly rank: number }[] = []
  for (const topic of topics) {
    const { title, sections } = pages[topic]
    for (const { id, heading, blocks } of sections) {
      const text = textOf({ id, heading, blocks })
      const top = flat(`${title} ${heading}`)
      const body = flat(text)
      if (!words.every((word) => top.includes(word) || body.includes(word))) continue
      const rank = words.filter((word) => top.includes(word)).length
      const first = Math.max(0, Math.min(...words.map((word) => body.indexOf(word)).filter((at) => at >= 0)))
      hits.push({ hit: { topic, title, id, heading, extract: extractOf(text, Number.isFinite(first) ? first : 0) }, rank })
    }
  }
  return hits
    .sort((a, b) => b.rank - a.rank)
    .slice(0, 20)
    .map(({ hit }) => hit)
}

function extractOf(text: string, at: number): string {
  const chars = [...text]
  const from = at <= around ? 0 : chars.indexOf(' ', at - around) + 1
  const part = chars.slice(from, from + 2 * around).join('')
  return `${from > 0 ? '… ' : ''}${part}${from + 2 * around < chars.length ? ' …' : ''}`
}
