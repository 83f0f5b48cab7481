import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { KeyHint } from './spec'

/** The lower edge: how many, and at most three keys. */
export function Footer({ text, hints, end }: { text: string | undefined; hints: readonly KeyHint[]; end?: ReactNode }) {
  return (
    <div className="foot">
      <span className="el">{text}</span>
      <span className="end row hints" aria-hidden>
        {hints.slice(0, 3).map((hint) => (
          <span key={hint.label}>
            {hint.keys.map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
            {hint.label}
          </span>
        ))}
      </span>
      {end}
    </div>
  )
}

/** The hints of a list that names none. */
export function useUsualHints(selectable: boolean, opens: boolean): readonly KeyHint[] {
  const { t } = useTranslation()
  const hints: KeyHint[] = []
  if (selectable) hints.push({ keys: [t('list.keyNameSpace')], label: t('list.keySelect') })
  if (opens) hints.push({ keys: [t('list.keyNameEnter')], label: t('list.keyOpen') })
  hints.push({ keys: ['?'], label: t('list.keyAll') })
  return hints
}
