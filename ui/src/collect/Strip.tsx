import { useTranslation } from 'react-i18next'
import { Strip } from '../kit/chart/Strip'

/** How the runs of a half hour went. */
const slots = ['none', 'good', 'failed'] as const
type Slot = (typeof slots)[number]

const step = 4
const half = 48

/** How often each result stands in a strip; a word that is not known counts as none. */
export function countSlots(strip: readonly string[]): Record<Slot, number> {
  const counts = { none: 0, good: 0, failed: 0 }
  for (const word of strip) counts[slotOf(word)] += 1
  return counts
}

function slotOf(word: string): Slot {
  return slots.find((slot) => slot === word) ?? 'none'
}

/** A day in 48 half hours, oldest first: done is pale, a failure is tall and coloured, no run is a thin line. */
export function RunStrip({ strip, wide }: { strip: readonly string[]; wide?: boolean }) {
  const { t } = useTranslation('collect')
  const all = strip.length === 0 ? Array.from({ length: half }, () => 'none') : strip
  return (
    <Strip width={all.length * step - 1} label={t('strip', countSlots(all))} wide={wide}>
      {all.map((word, i) => (
        <Bar key={i} slot={slotOf(word)} x={i * step} />
      ))}
    </Strip>
  )
}

function Bar({ slot, x }: { slot: Slot; x: number }) {
  if (slot === 'good') return <rect x={x} y={4} width={3} height={8} className="done" />
  if (slot === 'failed') return <rect x={x} y={1} width={3} height={14} className="fill warning" />
  return <rect x={x} y={7.5} width={3} height={1} className="calm" />
}

/** What the bars of a strip mean, at the right of the filters. */
export function Legend() {
  const { t } = useTranslation('collect')
  return (
    <span className="legend">
      {(['good', 'failed', 'none'] as const).map((slot) => (
        <span key={slot}>
          <svg className="strip" width={10} height={12} viewBox="0 0 3 16" preserveAspectRatio="none" aria-hidden>
            <Bar slot={slot} x={0} />
          </svg>
          {t(`legend.${slot}`)}
        </span>
      ))}
    </span>
  )
}
