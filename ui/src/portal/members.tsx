import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../kit/Button'
import { SmallTable, type SmallColumn } from '../kit/details/SmallTable'
import { Empty } from '../kit/Empty'
import { Loaded } from '../kit/Failure'
import { IconGroup, IconLocked } from '../kit/icons'
import { Message } from '../kit/Message'
import { Card, PlainPage } from '../kit/Page'
import { Tag } from '../kit/status'
import { Tile } from '../kit/Tile'
import { useNow } from '../kit/When'
import { useFormat } from '../text/i18n'
import { ApiError } from '../api/client'
import { Allowed } from './parts'
import { assignmentName, useRoleName } from './rolename'
import { useOwnAccess, usePartnership, type OwnAccess, type OwnAssignment, type OwnMember, type OwnRole } from './queries'
import { RemoveDialog, type Cut } from './remove'
import './portal.css'

/** Who of the partner has access, by what, and when it was last there; anything of it can be taken away (screens.md 4.10). */
export function Page() {
  const { t } = useTranslation('portal')
  const partner = usePartnership().data?.partner.name ?? ''
  const query = useOwnAccess()
  const none = query.error instanceof ApiError && query.error.status === 404
  return (
    <PlainPage title={t('members.title')} wide>
      {none ? (
        <Empty icon={IconGroup}>{t('members.noRelation')}</Empty>
      ) : (
        <Loaded query={query} lines={8}>
          {(access) => <Access access={access} partner={partner} />}
        </Loaded>
      )}
    </PlainPage>
  )
}

function Access({ access, partner }: { access: OwnAccess; partner: string }) {
  const { t } = useTranslation('portal')
  const [cut, setCut] = useState<Cut>()
  const { roles, members } = access
  return (
    <>
      <p className="plead">{t('members.lead', { partner })}</p>
      {members.length === 0 && <Message tone="warning">{t('members.nobody', { partner })}</Message>}
      {members.length > 0 && (
        <Card title={t('members.who')} note={t('members.count', { count: members.length })}>
          <Members access={access} onRemove={(member) => setCut({ kind: 'member', member })} />
          <p className="mut sm beneath">{t('members.activeNote')}</p>
        </Card>
      )}
      {roles.map((role) => (
        <RoleCard key={role.id} role={role} onCut={setCut} />
      ))}
      <RemoveDialog cut={cut} access={access} partner={partner} onClose={() => setCut(undefined)} />
    </>
  )
}

function Members({ access, onRemove }: { access: OwnAccess; onRemove: (member: OwnMember) => void }) {
  const { t } = useTranslation('portal')
  const { members } = access
  const nameOf = useRoleName(access)
  return (
    <SmallTable
      caption={t('members.who')}
      rows={members}
      keyOf={(member) => `${member.kind}:${member.id}`}
      columns={[
        { id: 'name', head: t('fact.name'), weight: 5, cell: (member) => <Who member={member} /> },
        { id: 'roles', head: t('members.roles'), weight: 4, cell: (member) => member.roles.map(nameOf).join(', ') },
        { id: 'active', head: t('members.active'), weight: 3, cell: (member) => <Active at={member.lastActive} /> },
        {
          id: 'remove',
          head: '',
          name: t('members.remove'),
          align: 'end',
          weight: 2,
          cell: (member) => (
            <Button small kind="quiet" aria-label={t('members.removeOf', { name: member.name })} onClick={() => onRemove(member)}>
              {t('members.remove')}
            </Button>
          ),
        },
      ]}
    />
  )
}

/** A person, or a group with its size and who of it was there. */
function Who({ member }: { member: OwnMember }) {
  const { t } = useTranslation('portal')
  return (
    <span className="plines pmember">
      <span className="cell" title={member.name}>
        {member.kind === 'group' ? <IconGroup className="i" aria-hidden /> : <Tile name={member.name} />}
        <span className="el">{member.name}</span>
        {member.kind === 'group' && <span className="mut">{member.size === undefined ? t('admins.group') : t('members.size', { count: member.size })}</span>}
        {member.absent && <Tag tone="warning">{t(`admins.${member.absent}`)}</Tag>}
      </span>
      {member.through.length > 0 && <span className="mut sm">{t('members.through', { groups: member.through.map((group) => group.name).join(', ') })}</span>}
      {member.people.length > 0 && (
        <details className="sm">
          <summary>{t('members.people', { count: member.people.length })}</summary>
          <ul className="plines">
            {member.people.map((person) => (
              <li key={person.id}>
                {person.name} <span className="mut">· </span>
                <Active at={person.lastActive} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </span>
  )
}

/** When somebody was last there: hours within a day, then the date. It is kept to the hour. */
function Active({ at }: { at: string | undefined }) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const now = useNow()
  if (at === undefined) return <span className="mut">{t('members.never')}</span>
  const hours = Math.floor((now - new Date(at).getTime()) / 3_600_000)
  if (hours < 1) return <span>{t('members.thisHour')}</span>
  if (hours < 24) return <span title={format.moment(at)}>{t('members.hours', { count: hours })}</span>
  return <span title={format.moment(at)}>{format.date(at)}</span>
}

function RoleCard({ role, onCut }: { role: OwnRole; onCut: (cut: Cut) => void }) {
  const { t } = useTranslation('portal')
  return (
    <Card
      title={role.builtIn ? t('fact.admins') : role.name}
      note={role.builtIn ? t('members.builtIn') : t('members.custom')}
      action={
        role.builtIn ? (
          <span className="cell mut">
            <IconLocked className="i" aria-hidden />
            {t('members.stays')}
          </span>
        ) : (
          <Button small onClick={() => onCut({ kind: 'role', role })}>
            {t('members.removeRole')}
          </Button>
        )
      }
    >
      <div className="stack">
        {role.description && <p className="sec">{role.description}</p>}
        <div className="ptwo pgives">
          <div>
            <h3>{t('members.gives')}</h3>
            {role.permissions.length === 0 ? <p className="mut">{t('members.givesNothing')}</p> : <Allowed names={role.permissions} />}
          </div>
          {role.cut.length > 0 && (
            <div>
              <h3>{t('members.cutOff')}</h3>
              <Allowed names={role.cut} no />
            </div>
          )}
        </div>
        <Assignments role={role} onCut={onCut} />
      </div>
    </Card>
  )
}

/** Places that are named before the others are only counted. */
const fewPlaces = 6

function Assignments({ role, onCut }: { role: OwnRole; onCut: (cut: Cut) => void }) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const until = (one: OwnAssignment) => {
    if (one.state === 'ended' && one.endsAt) return t('members.endedOn', { date: format.date(one.endsAt) })
    if (one.state === 'planned' && one.startsAt) return t('members.from', { date: format.date(one.startsAt) })
    return one.endsAt ? t('members.until', { date: format.date(one.endsAt) }) : t('members.open')
  }
  const columns: readonly SmallColumn<OwnAssignment>[] = [
    { id: 'name', head: t('members.assignment'), weight: 3, cell: (one) => assignmentName(role, one, t) },
    { id: 'members', head: t('members.members'), weight: 4, cell: (one) => one.members.map((member) => member.name).join(', ') },
    { id: 'where', head: t('members.where'), weight: 4, cell: (one) => <Where assignment={one} /> },
    { id: 'until', head: t('members.when'), weight: 3, cell: (one) => <span className={one.state === 'ended' ? 'mut' : undefined}>{until(one)}</span> },
    {
      id: 'remove',
      head: '',
      name: t('members.remove'),
      align: 'end',
      weight: 2,
      cell: (assignment) => (
        <Button small kind="quiet" aria-label={t('members.removeOf', { name: assignmentName(role, assignment, t) })} onClick={() => onCut({ kind: 'assignment', assignment, role })}>
          {t('members.remove')}
        </Button>
      ),
    },
  ]
  return (
    <SmallTable
      caption={t('members.assignmentsOf', { role: role.builtIn ? t('fact.admins') : role.name })}
      rows={role.assignments}
      keyOf={(one) => one.id}
      columns={columns}
      empty={t('members.unassigned')}
    />
  )
}

function Where({ assignment }: { assignment: OwnAssignment }) {
  const { t } = useTranslation('portal')
  if (assignment.all) return t('members.all')
  const { places } = assignment
  if (places.length === 0) return <span className="mut">{t('members.nowhere')}</span>
  const shown = places.slice(0, fewPlaces).map((place) => place.name)
  const more = places.length - shown.length
  return (
    <span title={places.map((place) => place.name).join(', ')}>
      {shown.join(', ')}
      {more > 0 && <span className="mut"> {t('grant.more', { count: more })}</span>}
    </span>
  )
}
