import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import {
  IconCritical,
  IconCritical20,
  IconHealthy,
  IconHealthy20,
  IconImportant,
  IconImportant20,
  IconOffline,
  IconOffline20,
  IconOnboarding,
  IconOnboarding20,
  IconRecommended,
  IconRecommended20,
  IconSuppress,
  IconSuppressed,
  IconUnhealthy,
  IconUnhealthy20,
  IconUnmonitored,
  IconUnmonitored20,
  IconWarning20,
  IconWarningSeverity,
  type Icon,
} from './icons'

/** Severities of signals and incidents, worst first: product.md 9. */
export const severities = ['critical', 'important', 'warning', 'recommended'] as const
export type Severity = (typeof severities)[number]

/** Health states of a room, worst first. */
export const healths = ['unhealthy', 'offline', 'unmonitored', 'suppressed', 'onboarding', 'healthy'] as const
export type Health = (typeof healths)[number]

export type Status = Severity | Health

const glyphs: Record<Status, readonly [Icon, Icon]> = {
  critical: [IconCritical, IconCritical20],
  important: [IconImportant, IconImportant20],
  warning: [IconWarningSeverity, IconWarning20],
  recommended: [IconRecommended, IconRecommended20],
  healthy: [IconHealthy, IconHealthy20],
  unhealthy: [IconUnhealthy, IconUnhealthy20],
  offline: [IconOffline, IconOffline20],
  unmonitored: [IconUnmonitored, IconUnmonitored20],
  suppressed: [IconSuppressed, IconSuppress],
  onboarding: [IconOnboarding, IconOnboarding20],
}

/** Whether the server's word is one that we draw. */
export function isStatus(word: string): word is Status {
  return word in glyphs
}

/** The word of a status in the person's language; an unknown one stays as the server said it. */
export function useStatusWord(): (status: string) => string {
  const { t } = useTranslation()
  return (status) => (isStatus(status) ? t(`status.${status}`) : status)
}

interface StatusProps {
  readonly status: Status
  /** Large for the head of a pane. */
  readonly large?: boolean
  /** Other words than the status's own. */
  readonly children?: ReactNode
}

/** Glyph and word. */
export function StatusText({ status, children }: StatusProps) {
  const word = useStatusWord()
  const Glyph = glyphs[status][0]
  return (
    <span className={`st ${status}`}>
      <Glyph className="i s" aria-hidden />
      <span className="el">{children ?? word(status)}</span>
    </span>
  )
}

/** Only the glyph, for the fixed glyph column: the word is its accessible name and tooltip. */
export function StatusGlyph({ status, large }: StatusProps) {
  const word = useStatusWord()
  const Glyph = glyphs[status][large ? 1 : 0]
  return (
    <span className={large ? `st large ${status}` : `st ${status}`} title={word(status)}>
      <Glyph className="i" aria-hidden />
      <span className="unseen">{word(status)}</span>
    </span>
  )
}

/** A glyph with a number: "2 critical". */
export function StatusCount({ status, count }: { status: Status; count: number }) {
  const word = useStatusWord()
  const Glyph = glyphs[status][0]
  return (
    <span className={`st ${status}`} title={word(status)}>
      <Glyph className="i s" aria-hidden />
      {count}
      <span className="unseen"> {word(status)}</span>
    </span>
  )
}

/** A small label with a ground. `tone` only where it means something. */
export function Tag({ tone, icon: Glyph, children }: { tone?: Tone; icon?: Icon; children: ReactNode }) {
  return (
    <span className={tone === undefined ? 'tag' : `tag ${tones[tone]}`}>
      {Glyph && <Glyph className="i" aria-hidden />}
      {children}
    </span>
  )
}

export type Tone = 'critical' | 'important' | 'warning' | 'healthy' | 'brand' | 'line' | 'dashed'
const tones: Record<Tone, string> = { critical: 'c', important: 'im', warning: 'w', healthy: 'g', brand: 'br', line: 'ln', dashed: 'ds' }
