import { useTranslation } from 'react-i18next'
import { Section } from '../kit/details/Facts'
import { Loaded } from '../kit/Failure'
import { useCan } from '../kit/rights'
import { useFormat } from '../text/i18n'
import type { Draft, GroupRoom } from './groups.draft'
import { placeOf, useRested } from './groups.pick'
import { useGroupPreview, type GroupPreview } from './groups.queries'

interface PreviewProps {
  /** The one that is changed; absent for a new one. */
  readonly group: string | undefined
  /** Undefined while it says nothing yet. */
  readonly draft: Draft | undefined
}

/** What would happen, before anything does: which rooms come and go, and whose access that changes. */
export function WhatChanges({ group, draft }: PreviewProps) {
  const { t } = useTranslation('rooms')
  const query = useGroupPreview(group, useRested(draft))
  return (
    <Section title={t('groups.whatChanges')}>
      {draft === undefined ? (
        <p className="mut">{t('groups.chooseFirst')}</p>
      ) : (
        <Loaded query={query} lines={3}>
          {(preview) => <Changes preview={preview} isNew={group === undefined} />}
        </Loaded>
      )}
    </Section>
  )
}

function Changes({ preview, isNew }: { preview: GroupPreview; isNew: boolean }) {
  const { t } = useTranslation('rooms')
  const { enters, entering, leaves, leaving } = preview
  return (
    <div className="stack">
      <p className="b" role="status">
        {t('groups.willHave', { count: preview.rooms })}
      </p>
      {enters > 0 && <Moving title={t('groups.enter', { count: enters })} rooms={entering} count={enters} mark="+" />}
      {leaves > 0 && <Moving title={t('groups.leave', { count: leaves })} rooms={leaving} count={leaves} mark="−" />}
      {!isNew && enters + leaves === 0 && <p className="mut">{t('groups.noneMoves')}</p>}
      <Access preview={preview} isNew={isNew} />
    </div>
  )
}

interface MovingProps {
  readonly title: string
  readonly rooms: readonly GroupRoom[]
  readonly count: number
  readonly mark: '+' | '−'
}

function Moving({ title, rooms, count, mark }: MovingProps) {
  const { t } = useTranslation('rooms')
  return (
    <details className="rg-moves">
      <summary>
        <span className={mark === '+' ? 'ok b' : 'crit b'} aria-hidden>
          {mark}
        </span>{' '}
        {title}
      </summary>
      <ul>
        {rooms.map((room) => (
          <li key={room.id}>
            {room.name} <span className="mut">{placeOf(room)}</span>
          </li>
        ))}
        {count > rooms.length && <li className="mut">{t('groups.andMore', { count: count - rooms.length })}</li>}
      </ul>
    </details>
  )
}

/** How many members are named. */
const named = 3

function Access({ preview, isNew }: { preview: GroupPreview; isNew: boolean }) {
  const { t } = useTranslation('rooms')
  const format = useFormat()
  const can = useCan()
  if (isNew) return <p className="mut">{t('groups.accessNew')}</p>
  if (!can('roles.view')) return <p className="mut">{t('groups.accessHidden')}</p>
  if (preview.access.length === 0) return <p className="mut">{t('groups.accessSame')}</p>
  const who = (members: readonly string[]) => {
    const rest = members.length - named
    return format.list(rest > 0 ? [...members.slice(0, named), t('groups.others', { count: rest })] : members)
  }
  const moves = ({ gains, loses }: GroupPreview['access'][number]) =>
    format.list([...(gains > 0 ? [t('groups.gains', { count: gains })] : []), ...(loses > 0 ? [t('groups.loses', { count: loses })] : [])])
  return (
    <ul className="stack">
      {preview.access.map((one) => (
        <li key={one.assignment}>
          {t('groups.accessOf', { who: one.members.length === 0 ? one.assignmentName : who(one.members), moves: moves(one) })}{' '}
          <span className="mut">({t('groups.by', { assignment: one.assignmentName, role: one.roleName })})</span>
        </li>
      ))}
    </ul>
  )
}
