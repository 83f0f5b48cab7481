import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { Format, initials, type Language } from './format'
import { chooseLanguage } from './i18n'

const src = fileURLToPath(new URL('..', import.meta.url))
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => /(^|\/)(text|common)\.en\.json$/.test(file))
  .sort()

/** 'list.rows_one' → text, for every leaf. */
function leaves(tree: object, before = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [name, value] of Object.entries(tree)) {
    if (typeof value === 'string') found.set(before + name, value)
    else for (const [key, text] of leaves(value as object, `${before}${name}.`)) found.set(key, text)
  }
  return found
}

const read = (file: string) => leaves(JSON.parse(readFileSync(src + file, 'utf8')) as object)
const stem = (key: string) => key.replace(/_(one|many|other|zero|two|few)$/, '')
const stems = (words: Map<string, string>) => [...new Set([...words.keys()].map(stem))].sort()
const variables = (text: string) => [...text.matchAll(/\{\{\s*([\w]+)/g)].map((m) => m[1]).sort()
const categories = (language: Language) => new Intl.PluralRules(language).resolvedOptions().pluralCategories

describe.each(files)('%s', (file) => {
  const en = read(file)
  const fr = read(file.replace('.en.json', '.fr.json'))

  test('French has the same keys', () => {
    expect(stems(fr)).toEqual(stems(en))
  })

  test('plurals have every form of their language', () => {
    const lacking: string[] = []
    for (const [language, words] of [['en', en], ['fr', fr]] as const) {
      const counted = [...words.keys()].filter((key) => key !== stem(key)).map(stem)
      for (const key of new Set(counted)) {
        for (const category of categories(language)) if (!words.has(`${key}_${category}`)) lacking.push(`${language} ${key}_${category}`)
      }
    }
    expect(lacking).toEqual([])
  })

  test('the same variables, and no empty text', () => {
    const wrong: string[] = []
    for (const [key, text] of fr) {
      if (text.trim() === '') wrong.push(`${key} is empty`)
      const english = en.get(key) ?? en.get(`${stem(key)}_other`) ?? ''
      if (english.trim() === '') wrong.push(`${key} is empty in English`)
      // "one" may be written out: « une salle ».
      if (key.endsWith('_one')) continue
      if (variables(text).join() !== variables(english).join()) wrong.push(`${key}: ${variables(english).join()} / ${variables(text).join()}`)
    }
    expect(wrong).toEqual([])
  })

  test('French marks stand after their no-break space: wide before a colon and in guillemets, narrow before ; ? !', () => {
    const wrong = /(?<!\u00a0):(?!\/\/|\d)|(?<!\u202f)[;?!]|«(?!\u00a0)|(?<!\u00a0)»|[\u00a0\u202f ]{2}|'/
    expect([...fr].filter(([, text]) => wrong.test(text)).map(([key]) => key)).toEqual([])
  })

  test('the words that the product does not use', () => {
    const found = [...en, ...fr].filter(([, text]) => /\b(MSP|synchroni[sz]|tickets?)\b/i.test(text)).map(([key]) => key)
    expect(found).toEqual([])
  })

  // The owner's document: "le client" is the customer, "le locataire" its tenant in Entra, and "Locataires" the name of the list of customers.
  test('French says client for a customer, and locataire for a tenant and the list only', () => {
    const list = /^(nav\.customers|title|switch\..+|.*\.keyGo)$/
    const tenant = /gestionnaires? de locataires|locataires? Entra|I[Dd] d[eu] locataire|identifiant de votre locataire|votre locataire|multilocataire/gi
    const wrong = [...fr].filter(([key, text]) => {
      const said = en.get(key) ?? en.get(key.replace(/_many$/, '_other')) ?? ''
      return /customer/i.test(said) && /locataire/i.test(text.replaceAll(tenant, '')) && !list.test(key)
    })
    expect(wrong.map(([key]) => key)).toEqual([])
  })

  test.each<[string, RegExp, RegExp]>([
    ['incident', /\bincidents?\b/i, /incident/i],
    ['ceiling', /\bceiling\b/i, /plafond/i],
    ['room group', /\broom groups?\b/i, /groupes? de salles|groupe/i],
  ])('%s is one word in French', (_, english, french) => {
    expect([...en].filter(([key, text]) => english.test(text) && !french.test(fr.get(key) ?? '') && fr.has(key)).map(([key]) => key)).toEqual([])
  })
})

test('the files are found', () => {
  expect(files).toContain('text/common.en.json')
})

describe('formats', () => {
  const en = new Format('en', 'en-GB', 'Europe/Paris')
  const fr = new Format('fr', 'fr-FR', 'Europe/Paris')
  const at = '2026-11-22T09:41:09Z'
  const minute = 60_000

  test.each<[string, string, string]>([
    ['number', en.number(48_213), '48,213'],
    ['number fr', fr.number(48_213), '48\u202f213'],
    ['percent', en.percent(0.614), '61%'],
    ['percent fr', fr.percent(0.614), '61\u00a0%'],
    ['time', en.time(at), '10:41'],
    ['time fr', fr.time(at), '10:41'],
    ['day fr', fr.dayMonth(at), '22 nov.'],
    ['date', en.date(at), '22 Nov 2026'],
    ['date fr', fr.date('2027-06-30T12:00:00Z'), '30 juin 2027'],
    ['weekday fr', fr.weekday(at), 'dim.'],
    ['52 minutes', en.duration(52 * minute), '52\u00a0min'],
    ['an hour and ten', en.duration(70 * minute), '1\u00a0h\u00a010'],
    ['five hours', fr.duration(300 * minute), '5\u00a0h'],
    ['an hour and five', fr.duration(65 * minute), '1\u00a0h\u00a005'],
    ['three days', en.duration(3 * 1440 * minute), '3\u00a0d'],
    ['three days fr', fr.duration(3 * 1440 * minute), '3\u00a0j'],
    ['passed', en.duration(-12 * minute), '\u221212\u00a0min'],
    ['just under an hour', en.duration(59.8 * minute), '1\u00a0h'],
    ['age', en.age(125 * minute), '2\u00a0h'],
    ['age fr', fr.age(10 * 1440 * minute), '10\u00a0j'],
    ['list', en.list(['a', 'b', 'c']), 'a, b and c'],
    ['list fr', fr.list(['a', 'b', 'c']), 'a, b et c'],
    ['country fr', fr.country('GB'), 'Royaume-Uni'],
    ['place', en.place({ building: 'Annex', city: 'London', country: 'GB' }), 'Annex (London, United Kingdom)'],
    ['place without a building', en.place({ building: '', city: '', country: 'GB' }), 'United Kingdom'],
    ['place without a country', en.place({ city: 'Lyon', country: '' }), 'Lyon'],
    ['place without a city', fr.place({ building: 'Annexe' }), 'Annexe'],
    ['no country', en.country('not a code'), 'not a code'],
    ['initials', initials('service desk lead'), 'SD'],
    ['initials of an address', initials('sam@partner.example'), 'SP'],
  ])('%s', (_, is, should) => {
    expect(is).toBe(should)
  })

  test('UTC says so', () => {
    expect(en.utc(at)).toMatch(/09:41:09 UTC$/)
  })

  test('words are ordered as people do', () => {
    expect(['Salle 10', 'Éden', 'Salle 9', 'abri'].sort(fr.compare)).toEqual(['abri', 'Éden', 'Salle 9', 'Salle 10'])
  })
})

test.each<[string | undefined, string[], Language]>([
  ['fr', ['en-GB'], 'fr'],
  [undefined, ['de-DE', 'fr-CA', 'en'], 'fr'],
  ['xx', ['de'], 'en'],
  [undefined, [], 'en'],
])('language kept %s, browser %s', (kept, wanted, chosen) => {
  expect(chooseLanguage(kept, wanted)).toBe(chosen)
})
