import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { filesBelow } from './files'

const dist = fileURLToPath(new URL('../../dist', import.meta.url))
const html = readFileSync(join(dist, 'index.html'), 'utf8')
/** Bytes, design.md 14: "JavaScript for the first page < 300 kB compressed". */
const budget = 300_000

/** Files that a module needs before it runs. */
function staticImports(file: string): readonly string[] {
  const text = readFileSync(join(dist, file), 'utf8')
  return [...text.matchAll(/(?:^|[;}\n])(?:import|export)(?:[^'"()]*?from)?\s*["']\.\/([^"']+\.js)["']/g)].map((m) => `assets/${m[1]}`)
}

/** The modules that these need, with themselves. */
function closure(entries: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>()
  const open = [...entries]
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (found.has(file)) continue
    found.add(file)
    open.push(...staticImports(file))
  }
  return found
}

const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }
const sizes = new Map<string, number>()

/** Bytes on the wire, as app/web/files.go compresses. */
function sizeOf(file: string): number {
  const size = sizes.get(file) ?? brotliCompressSync(readFileSync(join(dist, file)), quality).length
  sizes.set(file, size)
  return size
}

function compressed(files: Iterable<string>): number {
  return [...files].reduce((sum, file) => sum + sizeOf(file), 0)
}

/** The entry, and what the page asks for together with it. */
const scripts = [...html.matchAll(/<(?:script|link)[^>]*(?:src|href)="\/([^"]+\.js)"/g)].map((m) => m[1] ?? '')
const all = filesBelow(join(dist, 'assets'), /\.js$/).map((file) => `assets/${file}`)
/** Modules that the features' routes load, each once. */
const src = fileURLToPath(new URL('..', import.meta.url))
const loaded = new Set(
  filesBelow(src, /^routes\.ts$/).flatMap((file) =>
    [...readFileSync(join(src, file), 'utf8').matchAll(/import\('\.\/([^']+)'\)/g)].map((m) => `${file} ${m[1]}`),
  ),
)
/** Chunks with a page that `export { … as Page }`, as the features' routes load them, and the words of a language. */
const pages = all.filter((file) => /\bas Page\b|export function Page\b/.test(readFileSync(join(dist, file), 'utf8')))
/** Chunks of what stands in the bar over everything: they come after the page. */
const tools = all.filter((file) => /\bas Tool\b|export function Tool\b/.test(readFileSync(join(dist, file), 'utf8')))
const words = all.filter((file) => /\/words\.(en|fr)-/.test(file))

describe('the first page', () => {
  test('has an entry', () => {
    expect(scripts.length).toBeGreaterThan(0)
    expect(closure(scripts).size).toBeGreaterThan(0)
    expect(words).toHaveLength(2)
    expect(pages.length).toBeGreaterThanOrEqual(loaded.size)
  })

  test('the frame in one language stays within the budget', () => {
    for (const word of words) expect(compressed(closure([...scripts, word]))).toBeLessThan(budget)
  })

  test('so does every page on top of it, as the first one', () => {
    const first = pages.map((page) => [page, compressed(closure([...scripts, page, ...words.slice(0, 1)]))] as const)
    expect(first.filter(([, size]) => size >= budget)).toEqual([])
  })

  test('does not load the other language or any page at once', () => {
    const first = closure(scripts)
    expect(tools).toHaveLength(1)
    for (const late of [...words, ...pages, ...tools]) expect(first.has(late)).toBe(false)
  })
})

describe('the build', () => {
  /** Names that are no requests: namespaces of XML, and the addresses in messages of libraries. */
  const harmless = [
    /^http:\/\/www\.w3\.org\//,
    /^https:\/\/(react\.dev|reactjs\.org|fb\.me)\//,
    /^https:\/\/([a-z]+\.)?(i18next|locize)\.com(\/|$)/,
    /^https:\/\/(aka\.ms|tanstack\.com|github\.com)\//,
    /^http:\/\/(localhost|127\.0\.0\.1)\b/,
    /^https?:\/\/[a-z.]+\.example\b/, // names that can never be anybody's: RFC 2606
  ]

  test('names no foreign address that could be asked for', () => {
    const named = filesBelow(dist, /\.(js|css|html|svg)$/).flatMap((file) =>
      [...readFileSync(join(dist, file), 'utf8').matchAll(/(?:https?:)?\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)+[^\s"'`)<>\\]*/gi)].map((m) => [file, m[0]] as const),
    )
    expect(named.filter(([, address]) => !harmless.some((known) => known.test(address)))).toEqual([])
  })

  test('loads nothing from elsewhere: no @import, no foreign url(), no source map', () => {
    for (const file of filesBelow(dist, /\.css$/)) {
      const css = readFileSync(join(dist, file), 'utf8')
      expect(css).not.toMatch(/@import/)
      expect([...css.matchAll(/url\(([^)]*)\)/g)].map((m) => m[1] ?? '').filter((to) => !/^(#|\/assets\/)/.test(to))).toEqual([])
    }
    for (const file of all) expect(readFileSync(join(dist, file), 'utf8')).not.toMatch(/sourceMappingURL/)
  })

  test('has nothing inline in index.html, and the place of the nonce', () => {
    expect(html).toContain('<meta property="csp-nonce" nonce="{{nonce}}"')
    expect(html).not.toMatch(/<style/)
    expect([...html.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/g)].map((m) => m[1]?.trim())).toEqual([''])
    expect(html).toContain('blocking="render"')
  })

  test('tells no machine: no absolute path, no registry', () => {
    for (const file of filesBelow(dist, /\.(js|css|html)$/)) {
      expect(readFileSync(join(dist, file), 'utf8')).not.toMatch(/node_modules\/|file:\/\/\/|\/home\/|registry\./)
    }
  })
})

test('the lock file names no registry', () => {
  const lock = readFileSync(fileURLToPath(new URL('../../package-lock.json', import.meta.url)), 'utf8')
  expect(lock).not.toContain('"resolved"')
  expect(lock).toContain('"integrity"')
})
