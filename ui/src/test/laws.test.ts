import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { filesBelow } from './files'

const src = fileURLToPath(new URL('..', import.meta.url))
const files = filesBelow(src, /\.tsx?$/).filter((file) => !file.endsWith('.d.ts') && !isTest(file))
const texts = new Map(files.map((file) => [file, readFileSync(join(src, file), 'utf8')]))
const plumbing = ['kit', 'api', 'text']

function isTest(file: string): boolean {
  return file.startsWith('test/') || /\.test\.tsx?$/.test(file)
}

/** 'kit/list/spec.ts' → kit */
const partOf = (file: string) => file.split('/')[0] ?? ''
const isFeature = (part: string) => part !== 'app' && !plumbing.includes(part)

interface Import {
  /** Path below src without extension, or the name of a package. */
  readonly what: string
  readonly own: boolean
  /** Vanishes in the build. */
  readonly typeOnly: boolean
  readonly lazy: boolean
}

const statement = /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[\w*{][^'"`;]*?\s+from\s+)?['"]([^'"]+)['"]/g
const call = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

function importsOf(file: string, text: string): readonly Import[] {
  const made = (to: string, typeOnly: boolean, lazy: boolean): Import => ({
    what: to.startsWith('.') ? normalize(join(dirname(file), to)) : to,
    own: to.startsWith('.'),
    typeOnly,
    lazy,
  })
  return [
    ...[...text.matchAll(statement)].map((m) => made(m[2] ?? '', m[1] !== undefined, false)),
    ...[...text.matchAll(call)].map((m) => made(m[1] ?? '', false, true)),
  ]
}

const imports = [...texts].flatMap(([file, text]) => importsOf(file, text).map((one) => ({ file, part: partOf(file), ...one })))

/** "file → what" of the imports that a law forbids. */
function breaches(forbidden: (one: (typeof imports)[number]) => boolean): readonly string[] {
  return imports.filter(forbidden).map((one) => `${one.file} → ${one.what}`)
}

/** "file: line" of the lines that a law forbids. Comments do not count. */
function lines(pattern: RegExp, where: (file: string) => boolean): readonly string[] {
  return [...texts]
    .filter(([file]) => where(file))
    .flatMap(([file, text]) =>
      text
        .split('\n')
        .filter((line) => !/^\s*(\/\/|\*|\/\*)/.test(line) && pattern.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    )
}

describe('the reader of imports', () => {
  test('sees every kind', () => {
    const text = [
      `import a from './a'`,
      `import type { B } from '../kit/b'`,
      `import {\n  c,\n  d,\n} from 'pkg'`,
      `import './x.css'`,
      `export { e } from '../rooms/e'`,
      `const f = () => import('./page')`,
    ].join('\n')
    expect(importsOf('rooms/q.ts', text)).toEqual([
      { what: 'rooms/a', own: true, typeOnly: false, lazy: false },
      { what: 'kit/b', own: true, typeOnly: true, lazy: false },
      { what: 'pkg', own: false, typeOnly: false, lazy: false },
      { what: 'rooms/x.css', own: true, typeOnly: false, lazy: false },
      { what: 'rooms/e', own: true, typeOnly: false, lazy: false },
      { what: 'rooms/page', own: true, typeOnly: false, lazy: true },
    ])
  })

  test('finds the files', () => {
    expect(files).toContain('app/main.tsx')
    expect(files).toContain('kit/address.tsx')
    expect(imports.length).toBeGreaterThan(50)
  })
})

describe('arrows point one way', () => {
  test('a feature imports itself, kit, api and text', () => {
    expect(breaches((i) => i.own && isFeature(i.part) && ![i.part, ...plumbing].includes(partOf(i.what)))).toEqual([])
  })

  test('app knows features only by their routes, tools and words, through globs', () => {
    expect(breaches((i) => i.own && i.part === 'app' && isFeature(partOf(i.what)) && !(i.typeOnly && i.what.includes('/text.')))).toEqual([])
    expect(lines(/import\.meta\.glob/, (file) => !['app/routes.ts', 'app/words.en.ts', 'app/words.fr.ts'].includes(file))).toEqual([])
  })

  test('kit knows api and text; api and text know nothing of ours', () => {
    expect(breaches((i) => i.own && i.part === 'kit' && !plumbing.includes(partOf(i.what)))).toEqual([])
    expect(breaches((i) => i.own && (i.part === 'api' || i.part === 'text') && partOf(i.what) !== i.part)).toEqual([])
  })

  test('routes.ts, tool.ts and open.ts load nothing before somebody needs it', () => {
    expect(breaches((i) => i.own && isFeature(i.part) && /\/(routes|tool|open)\.ts$/.test(i.file) && !i.lazy && !i.typeOnly)).toEqual([])
  })
})

describe('one door each', () => {
  test.each<[string, RegExp, (file: string) => boolean]>([
    ['openapi-fetch', /^openapi-fetch$/, (file) => file === 'api/client.ts'],
    ['react-virtual', /^@tanstack\/react-virtual$/, (file) => file.startsWith('kit/list/')],
    ['icons', /^@fluentui\/react-icons/, (file) => file === 'kit/icons.ts'],
    ['i18next', /^i18next$/, (file) => file.startsWith('text/') || file === 'kit/problem.ts'],
    ['fluent only by its one package', /^@(fluentui|griffel)\/(?!react-components$|react-icons)/, () => false],
  ])('%s', (_, name, allowed) => {
    expect(breaches((i) => name.test(i.what) && !i.typeOnly && !allowed(i.file))).toEqual([])
  })

  test('icons come one by one, never by the barrel', () => {
    expect(breaches((i) => i.what === '@fluentui/react-icons' && !i.typeOnly)).toEqual([])
    expect(lines(/from '@fluentui\/react-icons'/, () => true).filter((line) => !/(import|export) type/.test(line))).toEqual([])
  })

  test.each<[string, RegExp, (file: string) => boolean]>([
    ['the renderer and the provider are the app’s', /createDOMRenderer|FluentProvider/, (file) => file.startsWith('app/')],
    ['storage of the browser', /\b(local|session)Storage\b/, (file) => file === 'kit/kept.ts'],
    ['Intl', /\bIntl\./, (file) => file.startsWith('text/')],
    ['keys of the cache', /\bqueryKey:/, (file) => file.startsWith('api/')],
    ['fetch', /(?<![\w.])fetch\(/, (file) => file.startsWith('api/')],
    ['EventSource', /\bEventSource\b/, (file) => file === 'api/stream.ts'],
    ['queries', /\buse(Infinite)?Query\(/, (file) => /(^|[/.])queries\.tsx?$/.test(file) || file.startsWith('kit/') || file === 'app/session.tsx'],
    ['colours', /#[0-9a-f]{6}\b/i, (file) => file === 'app/theme.ts'],
    ['raw HTML', /dangerouslySetInnerHTML|innerHTML\s*=/, () => false],
  ])('%s', (_, pattern, allowed) => {
    expect(lines(pattern, (file) => !allowed(file))).toEqual([])
  })
})

describe('words stand in the JSON files', () => {
  test('no text between tags', () => {
    // Two letters and more: units and key names stand in <kbd> or come from format.ts. The product's own name is no text.
    const between = /(?<!=)>\s*([A-Z][a-z]{2,}[^<>{}=;()]*)<|^\s*[A-Z][a-z]+( [\p{L}’,]+)+[.?!]?$/u
    expect('  Nobody is here.').toMatch(between)
    expect('<p>Nobody</p>').toMatch(between)
    expect(lines(between, (file) => file.endsWith('.tsx') && file !== 'app/Mark.tsx')).toEqual([])
  })

  test('no literal for people in an attribute', () => {
    expect(lines(/\b(aria-label|title|placeholder|alt)="[^"]*[A-Za-z]{3}/, (file) => file.endsWith('.tsx'))).toEqual([])
  })
})

/** Classes that a sheet of styles gives a look by themselves: `.name { … }`, also in a list of selectors. */
function classesOf(css: string): ReadonlySet<string> {
  const selectors = [...css.replace(/\/\*.*?\*\//gs, '').matchAll(/([^{}]+)\{/g)].flatMap((m) => (m[1] ?? '').split(','))
  return new Set(selectors.flatMap((one) => /^\s*\.([\w-]+)\s*$/.exec(one)?.[1] ?? []))
}

test('a class has its look from one part: the styles of a page stay when another one is shown', () => {
  const sheets = filesBelow(src, /\.css$/).map((file) => [file, classesOf(readFileSync(join(src, file), 'utf8'))] as const)
  const frame = (file: string) => file.startsWith('app/') || file.startsWith('kit/')
  const twice = sheets.flatMap(([file, classes]) =>
    sheets
      .filter(([other]) => other < file && !(frame(file) && frame(other)))
      .flatMap(([other, more]) => [...classes].filter((name) => more.has(name)).map((name) => `.${name}: ${other}, ${file}`)),
  )
  expect(sheets.length).toBeGreaterThan(5)
  expect(classesOf('.a, .b > i { x: y } /* .c {} */ .d { }')).toEqual(new Set(['a', 'd']))
  expect(twice).toEqual([])
})
