import { useTranslation } from 'react-i18next'
import { Tag, type Tone } from '../kit/status'
import type { State } from './ask'

const tones: Record<State, Tone> = { active: 'critical', investigating: 'brand', watching: 'line', resolved: 'healthy', closed: 'dashed' }

/** The state of an incident, as a tag. */
export function StateTag({ state }: { state: State }) {
  const { t } = useTranslation('incidents')
  return <Tag tone={tones[state]}>{t(`states.${state}`)}</Tag>
}
