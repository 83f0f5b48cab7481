import { useNavigate } from '@tanstack/react-router'
import { useEffect, useId, useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { textOf, useSearchText } from '../kit/address'
import { IconClose12, IconSearch } from '../kit/icons'
import { useFormat } from '../text/i18n'
import { useFrame, useWhere } from './frame'
import { searched, searchPlaces, type SearchPlace } from './searching'

/** The name by which the key `/` finds the field. */
export const searchField = 'frame-search'

/** Searches the list that is shown, or the one that the person chooses below the field. The word stands in the address as `q`. */
export function SearchBox() {
  const { t } = useTranslation('app')
  const { me, pages } = useFrame()
  const { customer, page } = useWhere()
  const format = useFormat()
  const navigate = useNavigate()
  const search = useSearchText()
  const inAddress = textOf(search, 'q')
  const base = useId()
  const [typed, setTyped] = useState(inAddress)
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(0)
  const places = searchPlaces(me, customer, pages, page)
  useEffect(() => setTyped(inAddress), [inAddress])
  if (places.length === 0) return null

  const go = (place: SearchPlace | undefined, word: string) => {
    setOpen(false)
    if (!place) return
    const here = place.page === page
    void navigate({ to: place.to, search: searched(here ? search : {}, word), replace: here } as never)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const step = event.key === 'ArrowDown' ? 1 : -1
      setOpen(typed.trim() !== '')
      setActive((active + step + places.length) % places.length)
    }
    if (event.key === 'Enter') go(places[open ? active : 0], typed.trim())
    if (event.key === 'Escape') {
      event.stopPropagation()
      if (open) setOpen(false)
      else {
        setTyped(inAddress)
        event.currentTarget.closest('.app')?.querySelector('main')?.focus()
      }
    }
  }
  const words = { rooms: t('search.hint.rooms'), incidents: t('search.hint.incidents'), customers: t('search.hint.customers') }
  const choices = open && typed.trim() !== ''
  return (
    <div className="search" role="search" onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setOpen(false)}>
      <IconSearch className="i" aria-hidden />
      <input
        id={searchField}
        role="combobox"
        aria-label={t('search.label')}
        aria-expanded={choices}
        aria-controls={`${base}-list`}
        aria-activedescendant={choices ? `${base}-${places[active]?.page}` : undefined}
        aria-autocomplete="list"
        aria-keyshortcuts="/"
        autoComplete="off"
        spellCheck={false}
        maxLength={100}
        placeholder={t('search.placeholder', { places: format.list(places.map((place) => words[place.page])) })}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value)
          setActive(0)
          setOpen(true)
        }}
        onKeyDown={onKeyDown}
      />
      {typed === '' ? (
        <kbd aria-hidden>/</kbd>
      ) : (
        <button
          type="button"
          className="ib clear"
          aria-label={t('search.clear')}
          title={t('search.clear')}
          onClick={() => {
            setTyped('')
            setOpen(false)
            if (inAddress !== '') void navigate({ to: '.', search: searched(search, ''), replace: true } as never)
            document.getElementById(searchField)?.focus()
          }}
        >
          <IconClose12 className="i xs" aria-hidden />
        </button>
      )}
      <ul className="places" role="listbox" id={`${base}-list`} aria-label={t('search.options')} hidden={!choices}>
        {places.map((place, index) => (
          <li
            key={place.page}
            id={`${base}-${place.page}`}
            role="option"
            aria-selected={index === active}
            data-active={index === active || undefined}
            onMouseDown={(event) => event.preventDefault()} // the field keeps the focus
            onMouseEnter={() => setActive(index)}
            onClick={() => go(place, typed.trim())}
          >
            <span className="el b">{typed}</span>
            <span className="mut">{t('search.in', { place: words[place.page] })}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
