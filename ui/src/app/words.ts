import type { Language } from '../text/format'
import type { Words } from '../text/i18n'

/** The words of one language, as one chunk: the common ones and those of every feature. The other is not loaded. */
export async function wordsOf(language: Language): Promise<Words> {
  return language === 'fr' ? (await import('./words.fr')).words : (await import('./words.en')).words
}
