import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { IconTimer12, IconUnmonitored, IconWarning12, type Icon } from '../kit/icons'
import { StatusText, Tag } from '../kit/status'
import { useFormat } from '../text/i18n'
import { isState, needsConsent } from './states'

/** The words of a state: what it is called, what it means, what to do. An unknown one stays as the server said it. */
export function useStateWords(): (state: string) => { readonly label: string; readonly text: string; readonly todo: string } {
  const { t } = useTranslation('collect')
  return useCallback(
    (state) => {
      if (!isState(state)) return { label: state, text: '', todo: '' }
      return { label: t(`state.${state}.label`), text: t(`state.${state}.text`), todo: t(`state.${state}.todo`) }
    },
    [t],
  )
}

/** A state, quiet when all is well. `until`: when Microsoft allows the next try. */
export function CollectState({ state, until }: { state: string; until?: string | undefined }) {
  const { t } = useTranslation('collect')
  const words = useStateWords()
  const format = useFormat()
  const { label } = words(state)
  if (state === 'ok') return <span className="sec el">{label}</span>
  if (state === 'new') return <StatusText status="onboarding">{label}</StatusText>
  const throttled = state === 'throttled' && until !== undefined
  const icon: Icon = throttled ? IconTimer12 : needsConsent(state) ? IconUnmonitored : IconWarning12
  return (
    <Tag tone="warning" icon={icon}>
      {throttled ? t('throttledUntil', { time: format.time(until) }) : label}
    </Tag>
  )
}
