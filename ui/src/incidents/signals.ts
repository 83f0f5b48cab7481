import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { signalOf } from '../kit/signal'

/** Words for a signal that went bad: what is wrong, what that means, and what to do about it. */
export interface FaultWords {
  readonly title: string
  readonly means: string
  /** Short sentences, in the order in which one tries. */
  readonly steps: readonly string[]
}

/** Gives the words of a signal by its id. One of another version keeps its id as its title and has general advice. */
export function useFault(): (signal: string) => FaultWords {
  const { t } = useTranslation('incidents')
  return useCallback((signal: string): FaultWords => {
    const known = signalOf(signal)
    if (!known) return { title: signal, means: t('otherSignal.means'), steps: t('otherSignal.todo').split('\n') }
    const number = known.number
    return {
      title: t(`signals.${known.text}.title`, { number }),
      means: t(`signals.${known.text}.means`, { number }),
      steps: t(`signals.${known.text}.todo`, { number }).split('\n'),
    }
  }, [t])
}
