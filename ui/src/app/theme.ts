import { createDarkTheme, createLightTheme, type BrandVariants, type PartialTheme, type Theme } from '@fluentui/react-components'
import { useLayoutEffect } from 'react'
import { kept, useKept } from '../kit/kept'
import { useMedia } from './media'

/** Harbour blue, screens.md 2. */
const ward: BrandVariants = {
  10: '#01151c',
  20: '#052530',
  30: '#083442',
  40: '#0a4254',
  50: '#0c5067',
  60: '#0f627c',
  70: '#116a86',
  80: '#14728f',
  90: '#2c86a2',
  100: '#4a9ab5',
  110: '#66aec6',
  120: '#7cc0d8',
  130: '#a1d2e2',
  140: '#bee2ed',
  150: '#daf0f6',
  160: '#eff8fb',
}

/**
 * Fluent's tokens whose values stand in kit/roomward.css, for both themes. Fluent must not set them: what it leaves out
 * is inherited from the root, so that there is one place for each value. A test compares this list with the file.
 */
export const ownTokens = [
  'fontFamilyBase',
  'fontFamilyMonospace',
  'borderRadiusSmall',
  'borderRadiusMedium',
  'borderRadiusLarge',
  'borderRadiusXLarge',
  'colorNeutralBackground1',
  'colorNeutralBackground2',
  'colorNeutralBackground3',
  'colorSubtleBackgroundHover',
  'colorSubtleBackgroundSelected',
  'colorNeutralForeground1',
  'colorNeutralForeground2',
  'colorNeutralForeground3',
  'colorNeutralForegroundDisabled',
  'colorNeutralStrokeAccessible',
  'colorNeutralStroke1',
  'colorNeutralStroke2',
  'colorNeutralStroke3',
  'colorBrandBackground',
  'colorBrandBackgroundHover',
  'colorBrandForeground1',
  'colorBrandForegroundLink',
  'colorCompoundBrandStroke',
  'colorNeutralForegroundOnBrand',
  'shadow16',
] as const satisfies readonly (keyof Theme)[]

/** What follows from our own values and would clash in Fluent's neutral greys. */
const derived: PartialTheme = {
  colorNeutralBackground1Hover: 'var(--colorSubtleBackgroundHover)',
  colorNeutralBackground1Pressed: 'var(--colorNeutralBackground3)',
  colorNeutralBackground1Selected: 'var(--colorSubtleBackgroundSelected)',
  colorSubtleBackgroundPressed: 'var(--colorNeutralBackground3)',
  colorNeutralForeground1Hover: 'var(--colorNeutralForeground1)',
  colorNeutralForeground2Hover: 'var(--colorNeutralForeground1)',
  colorNeutralStroke1Hover: 'var(--colorNeutralStrokeAccessible)',
  colorNeutralStrokeAccessibleHover: 'var(--colorNeutralForeground3)',
  colorBrandForeground2: 'var(--colorBrandForeground1)',
  colorBrandForegroundLinkHover: 'var(--colorBrandForegroundLink)',
  colorBrandForegroundLinkPressed: 'var(--colorBrandForegroundLink)',
  colorCompoundBrandForeground1: 'var(--colorBrandForeground1)',
  colorCompoundBrandForeground1Hover: 'var(--colorBrandForeground1)',
  colorCompoundBrandBackground: 'var(--colorBrandBackground)',
  colorCompoundBrandBackgroundHover: 'var(--colorBrandBackgroundHover)',
  colorStrokeFocus2: 'var(--colorCompoundBrandStroke)',
  fontSizeBase100: '11px',
  lineHeightBase100: '14px',
}

export type Look = 'light' | 'dark'
export type Density = 'compact' | 'comfortable'

function without(theme: Theme): PartialTheme {
  const rest: PartialTheme = { ...theme }
  for (const token of ownTokens) delete rest[token]
  return rest
}

/** The theme that Fluent gets: everything but what roomward.css says. Body text is 13 px, or 14 in comfortable density. */
export function themeOf(look: Look, density: Density): PartialTheme {
  const base = look === 'dark' ? createDarkTheme(ward) : createLightTheme(ward)
  return { ...without(base), ...derived, fontSizeBase300: density === 'comfortable' ? '14px' : '13px' }
}

const darkSystem = '(prefers-color-scheme: dark)'
const coarse = '(pointer: coarse)'

/** What to draw for a choice. High contrast needs no theme: the browser's forced colours win over every one. */
export function lookOf(choice: string | undefined, systemIsDark: boolean): Look {
  if (choice === 'light' || choice === 'dark') return choice
  return systemIsDark ? 'dark' : 'light'
}

/** Touch pointers get comfortable rows by themselves. */
export function densityOf(choice: string | undefined, isTouch: boolean): Density {
  if (choice === 'compact' || choice === 'comfortable') return choice
  return isTouch ? 'comfortable' : 'compact'
}

function mark(look: Look, density: Density): void {
  document.documentElement.dataset['theme'] = look
  document.documentElement.dataset['density'] = density
}

/** Puts the kept theme on the document before anything is drawn, so that no other one flashes. */
export function markEarly(): void {
  mark(lookOf(kept('theme'), matchMedia(darkSystem).matches), densityOf(kept('density'), matchMedia(coarse).matches))
}

/** The present look and density; keeps the document in step with the choice, the system and other tabs. */
export function useLook(): { look: Look; density: Density } {
  const [theme] = useKept('theme')
  const [rows] = useKept('density')
  const dark = useMedia(darkSystem)
  const touch = useMedia(coarse)
  const look = lookOf(theme, dark)
  const density = densityOf(rows, touch)
  useLayoutEffect(() => mark(look, density), [look, density])
  return { look, density }
}
