import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Loaded } from '../kit/Failure'
import { TickList } from '../kit/form/TickList'
import { useFormat } from '../text/i18n'
import type { GroupRoom } from './groups.draft'
import { shownRooms, useRoomsToChoose } from './groups.queries'

/** Milliseconds of rest before it is asked. */
const rest = 250

/** The value after it has rested: a word that is typed is one question. */
export function useRested<T>(value: T): T {
  const [rested, setRested] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), rest)
    return () => clearTimeout(timer)
  }, [value])
  return rested
}

/** Building and city of a room. */
export const placeOf = ({ building, city }: GroupRoom) => [building, city].filter((part) => part !== '').join(', ')

interface RoomPickProps {
  readonly rooms: readonly GroupRoom[]
  readonly onChange: (rooms: readonly GroupRoom[]) => void
}

/** Chooses rooms: a search, ticks, and what is chosen so far. */
export function RoomPick({ rooms, onChange }: RoomPickProps) {
  const { t } = useTranslation('rooms')
  const format = useFormat()
  const [text, setText] = useState('')
  const [chosenOnly, setChosenOnly] = useState(false)
  const q = useRested(text.trim())
  const query = useRoomsToChoose(q)
  const ticked = rooms.map((room) => room.id)
  const wanted = text.trim().toLocaleLowerCase()
  const chosen = rooms.filter((room) => [room.name, room.building, room.city].some((part) => part.toLocaleLowerCase().includes(wanted)))

  const list = (items: readonly GroupRoom[], total: number) => {
    const add = items.filter((room) => !ticked.includes(room.id))
    if (items.length === 0) return <p className="mut">{t(chosenOnly && rooms.length === 0 ? 'groups.noneChosen' : 'groups.noRoomFound')}</p>
    return (
      <>
        <TickList
          label={t('groups.itsRooms')}
          ticked={ticked}
          options={items.map((room) => ({ id: room.id, label: room.name, detail: placeOf(room) }))}
          onTick={({ id }) => {
            const room = items.find((one) => one.id === id)
            if (room) onChange(ticked.includes(id) ? rooms.filter((one) => one.id !== id) : [...rooms, room])
          }}
        />
        <div className="row sm">
          {add.length > 0 ? (
            <button type="button" className="link" onClick={() => onChange([...rooms, ...add])}>
              {t('groups.tickAll', { count: add.length })}
            </button>
          ) : (
            <button
              type="button"
              className="link"
              onClick={() => onChange(rooms.filter((room) => !items.some((one) => one.id === room.id)))}
            >
              {t('groups.tickNone', { count: items.length })}
            </button>
          )}
          {total > items.length && <span className="mut end">{t('groups.moreRooms', { shown: format.number(items.length), all: format.number(total) })}</span>}
        </div>
      </>
    )
  }
  return (
    <div className="stack">
      <input
        className="field"
        type="search"
        aria-label={t('groups.findRoom')}
        placeholder={t('groups.findRoom')}
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <label className="tick">
        <input type="checkbox" checked={chosenOnly} onChange={(event) => setChosenOnly(event.target.checked)} />
        <span>{t('groups.chosenOnly', { count: rooms.length })}</span>
      </label>
      {chosenOnly ? list(chosen.slice(0, shownRooms), chosen.length) : <Loaded query={query}>{({ items, total }) => list(items, total)}</Loaded>}
    </div>
  )
}
