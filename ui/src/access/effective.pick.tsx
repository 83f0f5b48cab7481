import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../text/i18n'
import { useAnnounce } from '../kit/announce'
import { IconButton } from '../kit/Button'
import { Failure } from '../kit/Failure'
import { useFound } from '../kit/form/found'
import { IconClose12 } from '../kit/icons'

/** One thing that can be chosen. */
export interface Choice {
  readonly id: string
  readonly name: string
  readonly detail?: string | undefined
  readonly glyph: ReactNode
}

interface PickProps {
  readonly label: string
  readonly value: Choice | undefined
  /** What stands in the empty field. */
  readonly placeholder: string
  /** The accessible name of the cross. */
  readonly clear: string
  readonly search: (q: string, signal: AbortSignal) => Promise<readonly Choice[]>
  /** Characters before it searches. */
  readonly least: number
  readonly onChange: (choice: Choice | undefined) => void
  readonly disabledReason?: string | undefined
}

/** A field for one thing of many: it shows the choice, and becomes a search when one types. Esc gives the choice back. */
export function Pick({ label, value, placeholder, clear, search, least, onChange, disabledReason }: PickProps) {
  const { t } = useTranslation()
  const format = useFormat()
  const announce = useAnnounce()
  const [typed, setTyped] = useState<string>()
  const [open, setOpen] = useState(false)
  const [at, setAt] = useState(0)
  const field = useRef<HTMLInputElement>(null)
  const id = useId()
  const q = (typed ?? '').trim()
  const found = useFound(q, least, search, open)
  const items = found.state === 'found' ? found.items : []
  const active = Math.min(at, items.length - 1)
  const shown = open && (found.state !== 'idle' || q !== '')
  const { state } = found
  const count = items.length
  useEffect(() => {
    if (shown && state === 'found') announce(count === 0 ? t('list.foundNone') : t('form.candidates', { count, shown: format.number(count) }))
  }, [announce, count, format, shown, state, t])

  const rest = () => {
    setTyped(undefined)
    setOpen(false)
    setAt(0)
  }
  const take = (choice: Choice | undefined) => {
    rest()
    onChange(choice)
  }
  const press = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      if (!open) setOpen(true)
      else if (count > 0) setAt((active + (event.key === 'ArrowDown' ? 1 : -1) + count) % count)
      return
    }
    if (event.key === 'Escape' && (open || typed !== undefined)) {
      event.preventDefault()
      event.stopPropagation()
      rest()
      return
    }
    if (event.key !== 'Enter') return
    event.preventDefault()
    if (q === '' && typed !== undefined) take(undefined)
    else if (shown && items[active]) take(items[active])
  }
  const note = () => {
    if (found.state === 'failed') return <Failure error={found.error} />
    const words = { idle: t('form.findMore', { count: least }), busy: t('form.finding'), found: t('list.foundNone') }
    return <p className="found mut">{words[found.state]}</p>
  }
  return (
    <div className="fld">
      <label htmlFor={id}>{label}</label>
      <div className="picker ck-pick">
        <div className="input" onClick={() => field.current?.focus()}>
          {typed === undefined && value?.glyph}
          <input
            id={id}
            ref={field}
            role="combobox"
            type="text"
            autoComplete="off"
            spellCheck={false}
            aria-autocomplete="list"
            aria-expanded={shown && count > 0}
            aria-controls={`${id}-l`}
            aria-activedescendant={shown && count > 0 ? `${id}-${active}` : undefined}
            aria-describedby={disabledReason === undefined ? undefined : `${id}-h`}
            disabled={disabledReason !== undefined}
            placeholder={placeholder}
            value={typed ?? value?.name ?? ''}
            onFocus={(event) => event.target.select()}
            onClick={() => setOpen(true)}
            onChange={(event) => {
              setTyped(event.target.value)
              setAt(0)
              setOpen(true)
            }}
            onKeyDown={press}
            onBlur={rest}
          />
          {typed === undefined && value?.detail !== undefined && <span className="mut sm el ck-detail">{value.detail}</span>}
          {value !== undefined && disabledReason === undefined && (
            <IconButton
              className="tiny"
              icon={IconClose12}
              label={clear}
              onClick={() => {
                take(undefined)
                field.current?.focus()
              }}
            />
          )}
        </div>
        <ul id={`${id}-l`} role="listbox" aria-label={label} className="found" hidden={!shown || count === 0}>
          {shown &&
            items.map((item, i) => (
              <li
                key={item.id}
                id={`${id}-${i}`}
                role="option"
                aria-selected={i === active}
                onMouseDown={(event) => event.preventDefault()} // keeps the focus in the field
                onClick={() => take(item)}
              >
                {item.glyph}
                <span className="grow el">
                  {item.name} <span className="mut sm">{item.detail}</span>
                </span>
              </li>
            ))}
        </ul>
        {shown && count === 0 && note()}
      </div>
      {disabledReason !== undefined && (
        <p id={`${id}-h`} className="hint">
          {disabledReason}
        </p>
      )}
    </div>
  )
}
