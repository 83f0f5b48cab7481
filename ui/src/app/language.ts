import { useCallback } from 'react'
import { keep } from '../kit/kept'
import type { Language } from '../text/format'
import { changeLanguage } from '../text/i18n'
import { wordsOf } from './words'

/** Moves the whole page to another language and keeps the choice. */
export function useChooseLanguage(): (language: Language) => Promise<void> {
  return useCallback(async (language) => {
    await changeLanguage(language, await wordsOf(language))
    document.documentElement.lang = language
    keep('language', language)
  }, [])
}
