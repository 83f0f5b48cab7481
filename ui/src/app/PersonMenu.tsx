import {
  Menu,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from '@fluentui/react-components'
import { useTranslation } from 'react-i18next'
import { IconSignOut } from '../kit/icons'
import { useKept } from '../kit/kept'
import { Tile } from '../kit/Tile'
import { useToast } from '../kit/toast'
import { languages, type Language } from '../text/format'
import { useFrame } from './frame'
import { useChooseLanguage } from './language'
import { useSignOut } from './session'

const languageNames: Record<Language, string> = { en: 'English', fr: 'Français' }

/** Who is signed in, how it looks to them, and the way out. */
export function PersonMenu() {
  const { t, i18n } = useTranslation('app')
  const { me } = useFrame()
  const [theme, keepTheme] = useKept('theme')
  const [density, keepDensity] = useKept('density')
  const chooseLanguage = useChooseLanguage()
  const signOut = useSignOut()
  const toast = useToast()
  const { name, userPrincipalName } = me.person

  const leave = () => {
    signOut().catch(() => toast(t('person.signOutFailed'), { tone: 'critical' }))
  }
  return (
    <Menu
      checkedValues={{ language: [i18n.language], theme: [theme ?? 'system'], density: [density ?? 'compact'] }}
      onCheckedValueChange={(_, { name: what, checkedItems }) => {
        const chosen = checkedItems[0]
        if (chosen === undefined) return
        if (what === 'language') void chooseLanguage(chosen as Language)
        if (what === 'theme') keepTheme(chosen)
        if (what === 'density') keepDensity(chosen)
      }}
    >
      <MenuTrigger disableButtonEnhancement>
        <button type="button" className="ib" aria-label={t('person.label', { name })}>
          <Tile name={name} me />
        </button>
      </MenuTrigger>
      <MenuPopover>
        <div className="whoami">
          <p className="b el">{name}</p>
          <p className="sm mut el">{userPrincipalName}</p>
          <p className="sm mut el">
            {t('person.of', { organisation: me.organisation.name })} · {me.version}
          </p>
        </div>
        <MenuList>
          <MenuDivider />
          <MenuGroup>
            <MenuGroupHeader>{t('person.language')}</MenuGroupHeader>
            {languages.map((language) => (
              <MenuItemRadio key={language} name="language" value={language} lang={language}>
                {languageNames[language]}
              </MenuItemRadio>
            ))}
          </MenuGroup>
          <MenuDivider />
          <MenuGroup>
            <MenuGroupHeader>{t('person.theme')}</MenuGroupHeader>
            {(['system', 'light', 'dark'] as const).map((one) => (
              <MenuItemRadio key={one} name="theme" value={one}>
                {t(`person.${one}`)}
              </MenuItemRadio>
            ))}
          </MenuGroup>
          <MenuDivider />
          <MenuGroup>
            <MenuGroupHeader>{t('person.density')}</MenuGroupHeader>
            {(['compact', 'comfortable'] as const).map((one) => (
              <MenuItemRadio key={one} name="density" value={one}>
                {t(`person.${one}`)}
              </MenuItemRadio>
            ))}
          </MenuGroup>
          <MenuDivider />
          <MenuItem icon={<IconSignOut />} onClick={leave}>
            {t('person.signOut')}
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
