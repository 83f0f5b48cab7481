import { useTranslation } from 'react-i18next'
import type { ReactNode } from 'react'
import { IconCheck12 } from '../kit/icons'

/** 'now' is the step that somebody should take; 'halted' was done and does not hold any more. */
export type Progress = 'done' | 'now' | 'open' | 'halted'

interface StepProps {
  readonly number: number
  readonly title: string
  /** Its state in words, beside the title. */
  readonly state: ReactNode
  readonly progress: Progress
  readonly children: ReactNode
}

/** One of the three steps of a relation. */
export function Step({ number, title, state, progress, children }: StepProps) {
  const { t } = useTranslation('portal')
  const words = { done: t('stepDone'), now: t('stepNow'), open: t('stepOpen'), halted: t('relation.withdrawn') }
  return (
    <li className={progress}>
      <span className="dot" aria-hidden>
        {progress === 'done' ? <IconCheck12 className="i xs" /> : number}
      </span>
      <div className="pstep">
        <h2>
          {title}
          <span className="unseen">, {words[progress]}</span>
          <span className="mut">{state}</span>
        </h2>
        {children}
      </div>
    </li>
  )
}
