import { useTranslation } from 'react-i18next'
import { IconCheckFilled, IconError20, IconInfo20, IconTarget, type Icon } from '../kit/icons'
import type { RequestState } from './queries'

const glyphs: Record<RequestState, readonly [Icon, string]> = {
  waiting: [IconTarget, 'warn'],
  approved: [IconTarget, 'sec'],
  done: [IconCheckFilled, 'good'],
  failed: [IconError20, 'crit'],
  rejected: [IconError20, 'crit'],
  withdrawn: [IconInfo20, 'mut'],
  expired: [IconInfo20, 'mut'],
}

/** Where a request stands: a glyph and the word. */
export function RequestStateMark({ state }: { readonly state: RequestState }) {
  const { t } = useTranslation('change')
  const [Glyph, tone] = glyphs[state]
  return (
    <span className="cell">
      <Glyph className={`i ${tone}`} aria-hidden />
      {t(`state.${state}`)}
    </span>
  )
}
