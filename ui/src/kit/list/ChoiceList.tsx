import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../../text/i18n'

/** One tick of a list of choices. */
export interface Choice {
  readonly value: string
  readonly label: string
  readonly glyph?: ReactNode
  readonly count?: number | undefined
}

interface ChoiceListProps {
  readonly label: string
  readonly choices: readonly Choice[]
  readonly values: readonly string[]
  readonly onChange: (values: readonly string[]) => void
  readonly single?: boolean
}

/** Beyond this many choices one may type to find. */
const findAbove = 8

/** Ticks (or one choice) in a popover: arrows walk, Space ticks, typing finds. */
export function ChoiceList({ label, choices, values, onChange, single }: ChoiceListProps) {
  const { t } = useTranslation()
  const format = useFormat()
  const list = useRef<HTMLDivElement>(null)
  const name = useId()
  const [find, setFind] = useState('')
  const wanted = find.trim().toLocaleLowerCase()
  const shown = wanted === '' ? choices : choices.filter((c) => c.label.toLocaleLowerCase().includes(wanted))
  const walk = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    const all = [...(list.current?.querySelectorAll<HTMLInputElement>('input') ?? [])]
    const at = all.indexOf(document.activeElement as HTMLInputElement)
    event.preventDefault() // also keeps radio buttons from choosing while walking
    all[Math.max(0, Math.min(all.length - 1, at + (event.key === 'ArrowDown' ? 1 : -1)))]?.focus()
  }
  const change = (value: string, on: boolean) => {
    if (single) onChange(on ? [value] : [])
    else onChange(on ? [...values, value] : values.filter((v) => v !== value))
  }
  return (
    <div className="choices" ref={list} role="group" aria-label={label} onKeyDown={walk}>
      {choices.length > findAbove && (
        <input
          className="field"
          type="search"
          value={find}
          aria-label={t('list.filterFind', { name: label })}
          placeholder={t('list.filterFind', { name: label })}
          onChange={(event) => setFind(event.target.value)}
        />
      )}
      {shown.length === 0 && <p className="mut">{t('list.noValues')}</p>}
      {shown.map((choice) => (
        <label key={choice.value} className="tick">
          <input
            type={single ? 'radio' : 'checkbox'}
            name={single ? name : undefined}
            checked={values.includes(choice.value)}
            onChange={(event) => change(choice.value, event.target.checked)}
          />
          {choice.glyph}
          <span className="grow el">{choice.label}</span>
          {choice.count !== undefined && <span className="mut sm">{format.number(choice.count)}</span>}
        </label>
      ))}
    </div>
  )
}
