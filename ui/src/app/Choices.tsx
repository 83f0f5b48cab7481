import { useTranslation } from 'react-i18next'
import { useKept } from '../kit/kept'
import { languages, type Language } from '../text/format'
import { useChooseLanguage } from './language'

const names: Record<Language, string> = { en: 'English', fr: 'Français' }
const themes = ['system', 'light', 'dark'] as const

/** Language and theme, for who is not signed in. */
export function Choices() {
  const { t, i18n } = useTranslation('app')
  const choose = useChooseLanguage()
  const [kept, keep] = useKept('theme')
  const theme = themes.find((known) => known === kept) ?? 'system'
  const words = { system: t('signIn.themeSystem'), light: t('signIn.themeLight'), dark: t('signIn.themeDark') }
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system'
  return (
    <>
      {languages
        .filter((language) => language !== i18n.language)
        .map((language) => (
          <button key={language} type="button" lang={language} onClick={() => void choose(language)}>
            {names[language]}
          </button>
        ))}
      <button type="button" onClick={() => keep(next)}>
        {t('signIn.theme', { theme: words[theme] })}
      </button>
    </>
  )
}
