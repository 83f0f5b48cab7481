import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../kit/Button'
import { Failure } from '../kit/Failure'
import { Findings, worstOf } from './findings'
import type { StepProps } from './guide'
import { ask, type Situation, type StepId } from './queries'

/** Why a field cannot be changed here: where its setting is given; undefined where it can. */
export function useGiven(situation: Situation): (...settings: string[]) => string | undefined {
  const { t } = useTranslation('setup')
  return (...settings) => {
    const where = settings.map((name) => situation.given[name]).find((one) => one !== undefined)
    return where === undefined ? undefined : t('given', { where })
  }
}

interface TestedProps extends Pick<StepProps, 'situation' | 'asking'> {
  readonly step: StepId
  /** Whether there is something to test again. */
  readonly known: boolean
  readonly children?: ReactNode
}

/** What the last test of a step found, and a way to test again. */
export function Tested({ situation, asking, step, known, children }: TestedProps) {
  const { t } = useTranslation('setup')
  const outcomes = situation.findings[step]
  return (
    <>
      {asking.error !== undefined && <Failure error={asking.error} />}
      <Findings outcomes={outcomes} />
      {worstOf(outcomes) === 'warning' && <p className="mut sm">{t('goOn')}</p>}
      <div className="row">
        {known && (
          <Button busy={asking.busy === step} onClick={() => void asking.run(step, () => ask.check(step))}>
            {t('check')}
          </Button>
        )}
        {children}
      </div>
    </>
  )
}

/** A field that nobody is told of when it is left. */
export const field = { onLeave: () => undefined, reason: undefined } as const
