/** The languages of the product. */
export const languages = ['en', 'fr'] as const
export type Language = (typeof languages)[number]

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
/** Between a number and its unit: never breaks. */
const nbsp = '\u00a0'
const minus = '\u2212'

const units: Record<Language, { minute: string; hour: string; day: string; now: string }> = {
  en: { minute: 'min', hour: 'h', day: 'd', now: 'now' },
  fr: { minute: 'min', hour: 'h', day: 'j', now: `0${nbsp}min` },
}

/** Locales that decide order and signs: en follows the browser's region where it has one (day before month in en-GB). */
function localeOf(language: Language): string {
  const wanted = typeof navigator === 'undefined' ? [] : navigator.languages
  return wanted.find((l) => l.startsWith(`${language}-`)) ?? (language === 'en' ? 'en-GB' : 'fr-FR')
}

/** Numbers, dates and durations in one language. Made once per language: Intl objects are dear. */
export class Format {
  readonly language: Language
  readonly #number: Intl.NumberFormat
  readonly #percent: Intl.NumberFormat
  readonly #time: Intl.DateTimeFormat
  readonly #clock: Intl.DateTimeFormat
  readonly #day: Intl.DateTimeFormat
  readonly #dayMonth: Intl.DateTimeFormat
  readonly #date: Intl.DateTimeFormat
  readonly #moment: Intl.DateTimeFormat
  readonly #utc: Intl.DateTimeFormat
  readonly #weekday: Intl.DateTimeFormat
  readonly #list: Intl.ListFormat
  readonly #country: Intl.DisplayNames
  readonly #collator: Intl.Collator

  constructor(language: Language, locale = localeOf(language), timeZone?: string) {
    this.language = language
    this.#number = new Intl.NumberFormat(locale)
    this.#percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })
    this.#time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone })
    this.#clock = new Intl.DateTimeFormat(locale, { timeStyle: 'medium', hourCycle: 'h23', timeZone })
    this.#day = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeZone })
    this.#dayMonth = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone })
    this.#date = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric', timeZone })
    this.#moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23', timeZone })
    this.#utc = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23', timeZone: 'UTC' })
    this.#weekday = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone })
    this.#list = new Intl.ListFormat(locale, { type: 'conjunction' })
    this.#country = new Intl.DisplayNames(locale, { type: 'region', fallback: 'code' })
    this.#collator = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' })
  }

  /** 12,400 / 12 400 */
  number = (value: number): string => this.#number.format(value)

  /** 0.61 → 61% / 61 % */
  percent = (share: number): string => this.#percent.format(share)

  /** 10:42, local time. */
  time = (at: Moment): string => this.#time.format(date(at))

  /** 10:42:07, local time. */
  clock = (at: Moment): string => this.#clock.format(date(at))

  /** Saturday 24 October 2026, local time. */
  day = (at: Moment): string => this.#day.format(date(at))

  /** 24 Oct / 24 oct. */
  dayMonth = (at: Moment): string => this.#dayMonth.format(date(at))

  /** 30 Jun 2027 / 30 juin 2027 */
  date = (at: Moment): string => this.#date.format(date(at))

  /** Date and time, local. */
  moment = (at: Moment): string => this.#moment.format(date(at))

  /** Date and time to the second, in UTC, with the word. */
  utc = (at: Moment): string => `${this.#utc.format(date(at))} UTC`

  /** Tue / mar. */
  weekday = (at: Moment): string => this.#weekday.format(date(at))

  /** "10:42" on the same day, "24 Oct" this year, else with the year: for narrow columns. */
  short = (at: Moment, now: Moment = Date.now()): string => {
    const then = date(at)
    const today = date(now)
    if (this.#date.format(then) === this.#date.format(today)) return this.time(then)
    return then.getFullYear() === today.getFullYear() ? this.dayMonth(then) : this.date(then)
  }

  /** How long, in one unit, rounded down: "52 min", "3 h", "10 d". Under a minute: "now" / « 0 min » (columns are narrow). */
  age = (milliseconds: number): string => {
    const u = units[this.language]
    const span = Math.abs(milliseconds)
    if (span < minute) return u.now
    if (span < hour) return `${Math.floor(span / minute)}${nbsp}${u.minute}`
    if (span < day) return `${Math.floor(span / hour)}${nbsp}${u.hour}`
    return `${this.number(Math.floor(span / day))}${nbsp}${u.day}`
  }

  /** The age of a moment. */
  since = (at: Moment, now: Moment = Date.now()): string => this.age(date(now).getTime() - date(at).getTime())

  /** How long, to the minute: "52 min", "1 h 10", "5 h", "3 d". Negative with a minus sign. */
  duration = (milliseconds: number): string => {
    const u = units[this.language]
    const sign = milliseconds < 0 ? minus : ''
    const span = Math.round(Math.abs(milliseconds) / minute) * minute
    if (span < hour) return `${sign}${span / minute}${nbsp}${u.minute}`
    if (span >= day) return `${sign}${this.number(Math.floor(span / day))}${nbsp}${u.day}`
    const hours = Math.floor(span / hour)
    const minutes = Math.round((span - hours * hour) / minute)
    const tail = minutes === 0 ? '' : `${nbsp}${String(minutes).padStart(2, '0')}`
    return `${sign}${hours}${nbsp}${u.hour}${tail}`
  }

  /** "a, b and c" / « a, b et c » */
  list = (words: readonly string[]): string => this.#list.format(words)

  /** "FR" → France */
  country = (code: string): string => {
    try {
      return this.#country.of(code) ?? code
    } catch {
      return code // not a region code: shown as it came
    }
  }

  /** "Quayside Annex (London, United Kingdom)", "Lyon, France", "France": what is empty is left out. */
  place = ({ building = '', city = '', country = '' }: { building?: string; city?: string; country?: string }): string => {
    const where = [city, country && this.country(country)].filter((part) => part !== '').join(', ')
    if (building === '') return where
    return where === '' ? building : `${building} (${where})`
  }

  /** Orders words as people of this language do, numbers by value. */
  compare = (a: string, b: string): number => this.#collator.compare(a, b)
}

/** RFC 3339, milliseconds or a date. */
export type Moment = string | number | Date

function date(at: Moment): Date {
  return at instanceof Date ? at : new Date(at)
}

const made = new Map<string, Format>()

/** The formatter of a language; unknown languages get English. */
export function formatOf(language: string): Format {
  const known: Language = language.startsWith('fr') ? 'fr' : 'en'
  const kept = made.get(known)
  if (kept) return kept
  const format = new Format(known)
  made.set(known, format)
  return format
}

/** Two letters for the tile of a person, group or organisation. */
export function initials(name: string): string {
  const words = name.trim().split(/[\s._@-]+/u).filter(Boolean)
  const [first, second] = words
  if (first === undefined) return ''
  const letters = second === undefined ? [...first].slice(0, 2) : [[...first][0] ?? '', [...second][0] ?? '']
  return letters.join('').toLocaleUpperCase()
}
