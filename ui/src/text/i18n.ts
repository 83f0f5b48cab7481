import i18next, { type i18n, type Resource } from 'i18next'
import { initReactI18next, useTranslation } from 'react-i18next'
import { formatOf, languages, type Format, type Language } from './format'

/** The language to show: what the person chose, else the first of the browser's that we have, else English. */
export function chooseLanguage(kept: string | undefined, wanted: readonly string[]): Language {
  const known = (l: string): Language | undefined => languages.find((have) => l.toLowerCase().startsWith(have))
  if (kept !== undefined) {
    const chosen = known(kept)
    if (chosen) return chosen
  }
  for (const l of wanted) {
    const have = known(l)
    if (have) return have
  }
  return 'en'
}

/** All words of one language, by namespace (the feature's word, and `common`). */
export type Words = Record<string, object>

/** Sets up the texts with the words of one language. There is no fallback: a missing key shows itself. */
export async function startTexts(language: Language, words: Words): Promise<i18n> {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: { [language]: words } as Resource,
    ns: Object.keys(words),
    defaultNS: 'common',
    initAsync: false,
    interpolation: { escapeValue: false }, // React escapes
    react: { useSuspense: false },
  })
  return i18next
}

/** Moves to another language, whose words come with it. */
export async function changeLanguage(language: Language, words: Words): Promise<void> {
  for (const [namespace, texts] of Object.entries(words)) i18next.addResourceBundle(language, namespace, texts, true, true)
  await i18next.changeLanguage(language)
}

/** Numbers, dates and durations in the language of the screen. */
export function useFormat(): Format {
  const { i18n } = useTranslation()
  return formatOf(i18n.language)
}
