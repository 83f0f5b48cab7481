import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { PageLink } from '../kit/address'
import { Section } from '../kit/details/Facts'
import { useFormat } from '../text/i18n'
import type { Answer, Check } from './effective.queries'
import { becauseOf, placeOf, shareOf } from './effective.words'

/** Scopes that a line of the table names; the answer about that permission names them all. */
const named = 3
/** Rooms that are listed before somebody asks for the others: what else is said stays near. */
const atFirst = 12

/** The cell of the table that says where a permission is held, and which assignment gives it there; or why it is not held. */
export function WhereCell({ check }: { check: Check }) {
  const { t } = useTranslation('access')
  const format = useFormat()
  if (!check.allowed || check.where.length === 0) return <>{becauseOf(check, t, format)}</>
  const rest = check.where.length + check.moreWhere - named
  return (
    <ul className="ck-where">
      {check.where.slice(0, named).map((held) => (
        <li key={`${held.assignment} ${held.scope.kind} ${held.scope.id ?? ''}`}>
          {placeOf(held.scope, t)} <span className="mut">({held.assignmentName})</span>
        </li>
      ))}
      {rest > 0 && <li className="mut">{t('check.andMore', { count: rest })}</li>}
    </ul>
  )
}

/** Where a permission is held: by which assignments over which scopes, and the rooms that the person who asks may see. */
export function Places({ answer }: { answer: Answer }) {
  const { t } = useTranslation('access')
  const format = useFormat()
  const { places, permissions, question, rooms } = answer
  const asked = `${question.member?.id ?? ''} ${question.permission ?? ''}`
  const [opened, setOpened] = useState('')
  const check = permissions.find((one) => one.permission === question.permission)
  if (places === undefined || check === undefined) return null
  const shown = opened === asked ? places.items : places.items.slice(0, atFirst)
  const rest = places.items.length - shown.length
  const unseen = check.rooms - places.total
  const notes = [
    ...(rest === 0 && places.items.length < places.total ? [t('check.firstRooms', { shown: format.number(places.items.length), count: places.total })] : []),
    ...(unseen > 0 ? [t('check.unseenRooms', { count: unseen })] : []),
  ]
  return (
    <>
      {check.where.length > 0 && (
        <Section title={t('check.where')}>
          <ul className="ck-others">
            {check.where.map((held) => (
              <li key={`${held.assignment} ${held.scope.kind} ${held.scope.id ?? ''}`} className="plain">
                <div>
                  <span className="b">{placeOf(held.scope, t)}</span> <span className="mut">{t('check.givenBy', { name: held.assignmentName })}</span>
                </div>
              </li>
            ))}
            {check.moreWhere > 0 && <li className="plain mut">{t('check.andMore', { count: check.moreWhere })}</li>}
          </ul>
        </Section>
      )}
      {check.rooms > 0 && (
        <Section title={t('check.roomsHead')} note={shareOf(check, rooms.all, t, format)}>
          {places.items.length > 0 && (
            <ul className="ck-rooms">
              {shown.map((room) => (
                <li key={room.id}>
                  <PageLink page="rooms" search={{ open: room.id }}>
                    {room.name}
                  </PageLink>
                  <div className="sm mut">{[room.building, room.city].filter(Boolean).join(', ')}</div>
                </li>
              ))}
            </ul>
          )}
          {rest > 0 && (
            <p>
              <button type="button" className="link sm" onClick={() => setOpened(asked)}>
                {t('check.moreRooms', { count: rest })}
              </button>
            </p>
          )}
          {notes.length > 0 && <p className="mut">{notes.join(' ')}</p>}
        </Section>
      )}
    </>
  )
}
