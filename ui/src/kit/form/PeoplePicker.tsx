import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../../text/i18n'
import { useAnnounce } from '../announce'
import { Failure } from '../Failure'
import { IconClose12, IconGroup } from '../icons'
import { Tile } from '../Tile'
import { Field } from './fields'
import { useFound, type Found } from './found'
import type { FieldProps } from './useForm'

/** A user or security group of a directory. */
export interface Person {
  readonly id: string
  readonly kind: 'user' | 'group'
  readonly name: string
  /** The sign-in name, or what the group is for. */
  readonly detail?: string
  /** Members of a group, where they are known. */
  readonly size?: number
}

interface PeoplePickerProps extends FieldProps<readonly Person[]> {
  readonly label: string
  readonly hint?: ReactNode
  readonly required?: boolean
  readonly disabledReason?: string | undefined
  /** Finds people by the beginning of a name. */
  readonly search: (q: string, signal: AbortSignal) => Promise<readonly Person[]>
  /** At most so many. */
  readonly max?: number
  /** Characters before it searches; default 2. */
  readonly least?: number
}

/** Chooses users and groups: type, walk with the arrows, Enter takes, Backspace in the empty field removes the last. */
export function PeoplePicker({ value, onChange, onLeave, search, max, least = 2, ...common }: PeoplePickerProps) {
  const { t } = useTranslation()
  const format = useFormat()
  const announce = useAnnounce()
  const [text, setText] = useState('')
  const [open, setOpen] = useState(false)
  const [at, setAt] = useState(0)
  const field = useRef<HTMLInputElement>(null)
  const list = useId()
  const q = text.trim()
  const found = useFound(q, least, search)
  const people = found.state === 'found' ? found.items.filter((p) => !value.some((v) => v.id === p.id)) : []
  const full = max !== undefined && value.length >= max
  const shown = open && q !== '' && !full
  const chosen = Math.min(at, people.length - 1)
  const count = people.length
  const state = found.state

  useEffect(() => {
    if (!shown || state !== 'found') return
    announce(count === 0 ? t('form.nobody') : t('form.candidates', { count, shown: format.number(count) }))
  }, [announce, count, format, shown, state, t])

  const take = (person: Person) => {
    onChange([...value, person])
    announce(t('form.chosen', { name: person.name }))
    setText('')
    setAt(0)
    field.current?.focus()
  }
  const drop = (person: Person) => {
    onChange(value.filter((v) => v.id !== person.id))
    announce(t('form.removed', { name: person.name }))
    field.current?.focus()
  }
  const press = (event: KeyboardEvent<HTMLInputElement>) => {
    const last = value.at(-1)
    if (event.key === 'Backspace' && text === '' && last) {
      drop(last)
      return
    }
    if (event.key === 'Enter' && (shown || text !== '')) event.preventDefault() // it takes a person, it does not send the form
    if (event.key === 'Escape' && shown) {
      event.preventDefault()
      event.stopPropagation() // the dialog or pane around stays
      setOpen(false)
      return
    }
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      setOpen(true)
      if (people.length > 0) setAt((chosen + (event.key === 'ArrowDown' ? (shown ? 1 : 0) : -1) + people.length) % people.length)
      return
    }
    const person = people[chosen]
    if (event.key === 'Enter' && shown && person) take(person)
  }

  return (
    <Field {...common} hint={full ? t('form.most', { count: max, shown: format.number(max) }) : common.hint}>
      {(attributes) => (
        <div className="picker">
          <div className="input" onClick={() => field.current?.focus()}>
            {value.map((person) => (
              <span key={person.id} className="chip" title={person.detail}>
                {person.kind === 'group' ? <IconGroup className="i s" aria-hidden /> : <Tile name={person.name} />}
                {person.name}
                {person.size !== undefined && (
                  <span className="mut">{t('form.people', { count: person.size, shown: format.number(person.size) })}</span>
                )}
                {!attributes.disabled && (
                  <button type="button" aria-label={t('kit.remove', { name: person.name })} onClick={() => drop(person)}>
                    <IconClose12 className="i xs" aria-hidden />
                  </button>
                )}
              </span>
            ))}
            <input
              {...attributes}
              ref={field}
              role="combobox"
              type="text"
              autoComplete="off"
              spellCheck={false}
              aria-autocomplete="list"
              aria-expanded={shown}
              aria-controls={list}
              aria-activedescendant={shown && people.length > 0 ? `${list}-${chosen}` : undefined}
              readOnly={full}
              placeholder={value.length === 0 ? t('form.find') : undefined}
              value={text}
              onChange={(event) => {
                setText(event.target.value)
                setAt(0)
                setOpen(true)
              }}
              onKeyDown={press}
              onBlur={() => {
                setOpen(false)
                onLeave()
              }}
            />
          </div>
          <ul id={list} role="listbox" aria-label={common.label} className="found" hidden={!shown}>
            {shown &&
              people.map((person, i) => (
                <li
                  key={person.id}
                  id={`${list}-${i}`}
                  role="option"
                  aria-selected={i === chosen}
                  onMouseDown={(event) => event.preventDefault()} // keeps the focus in the field
                  onClick={() => take(person)}
                >
                  {person.kind === 'group' ? <IconGroup className="i" aria-hidden /> : <Tile name={person.name} />}
                  <span className="grow el">
                    {person.name} <span className="mut sm">{person.detail}</span>
                  </span>
                  <span className="mut sm">
                    {person.size === undefined
                      ? t(`form.${person.kind}`)
                      : t('form.people', { count: person.size, shown: format.number(person.size) })}
                  </span>
                </li>
              ))}
          </ul>
          {shown && people.length === 0 && <Note found={found} least={least} />}
        </div>
      )}
    </Field>
  )
}

function Note({ found, least }: { found: Found<Person>; least: number }) {
  const { t } = useTranslation()
  if (found.state === 'failed') return <Failure error={found.error} />
  const words = { idle: t('form.findMore', { count: least }), busy: t('form.finding'), found: t('form.nobody') }
  return <p className="found mut">{words[found.state]}</p>
}
