import { useTranslation } from 'react-i18next'
import { SmallTable } from '../kit/details/SmallTable'
import { Message } from '../kit/Message'
import { useFormat } from '../text/i18n'
import { Lines } from './parts'
import { useOwnAccess, type Grant, type GrantPreview } from './queries'
import { useRoleName } from './rolename'
import { grantWords } from './words'

interface GrantEffectProps {
  readonly preview: GrantPreview
  readonly grant: Grant
  readonly partner: string
  /** Another choice is being counted. */
  readonly busy: boolean
  readonly dirty: boolean
}

/** What another choice of rooms gives to the partner and takes from it, as the server counted it. */
export function GrantEffect({ preview, grant, partner, busy, dirty }: GrantEffectProps) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const roleName = useRoleName(useOwnAccess().data ?? { roles: [] })
  const { covers, except } = grantWords(grant, format, t)
  const { covered, total, gained, lost, assignments, groups } = preview
  return (
    <div className="stack" aria-busy={busy}>
      <b className="pnumber" role="status">
        {covered === undefined || total === undefined
          ? t('reach.keeps', { count: preview.keeps })
          : t('wizard.rooms.count', { covered: format.number(covered), total: format.number(total) })}
      </b>
      <Lines
        lines={[
          ...covers,
          ...except.map((line) => (
            <span key={line} className="mut">
              {t('leftOut', { line })}
            </span>
          )),
        ]}
      />
      {preview.unread !== undefined && <Message tone="warning">{t('reach.unread')}</Message>}
      {!dirty && gained?.count === 0 && lost.count === 0 && <p className="mut">{t('reach.asNow')}</p>}
      {gained !== undefined && gained.count > 0 && (
        <section className="stack">
          <h3 className="b">{t('reach.gained', { partner, count: gained.count })}</h3>
          <Names rooms={gained} />
        </section>
      )}
      {lost.count > 0 && (
        <section className="stack">
          <h3 className="b">{t('reach.lost', { partner, count: lost.count })}</h3>
          <p className="sec">{t('reach.erased', { count: preview.incidents, devices: format.number(preview.devices) })}</p>
          <Names rooms={lost} />
        </section>
      )}
      {assignments.length > 0 && (
        <SmallTable
          caption={t('reach.assignments')}
          rows={assignments}
          keyOf={(one) => one.id}
          columns={[
            { id: 'who', head: t('reach.who'), weight: 4, cell: (one) => <Who role={roleName(one.role)} members={one.members} /> },
            { id: 'rooms', head: t('reach.reach'), weight: 3, cell: (one) => (one.removed ? t('reach.removed') : t('reach.fromTo', { before: format.number(one.before), after: format.number(one.after) })) },
          ]}
        />
      )}
      {groups.length > 0 && (
        <p className="mut sm">
          {t('reach.groups', { groups: format.list(groups.map((group) => t('reach.group', { name: group.name, before: format.number(group.before), after: format.number(group.after) }))) })}
        </p>
      )}
    </div>
  )
}

/** Rooms named before the rest is summed up. */
const few = 8

function Names({ rooms }: { rooms: GrantPreview['lost'] }) {
  const { t } = useTranslation('portal')
  const shown = rooms.rooms.slice(0, few)
  const rest = rooms.count - shown.length
  return (
    <ul className="plines">
      {shown.map((room, i) => (
        <li key={i}>
          {room.name} <span className="mut">{[room.building, room.city].filter((part) => part !== '').join(', ')}</span>
        </li>
      ))}
      {rest > 0 && <li className="mut">{t('grant.more', { count: rest })}</li>}
    </ul>
  )
}

function Who({ role, members }: { role: string; members: readonly string[] }) {
  const format = useFormat()
  return (
    <>
      {format.list([...members])} <span className="mut">{role}</span>
    </>
  )
}
