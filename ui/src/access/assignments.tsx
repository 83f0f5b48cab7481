import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSetSearch } from '../kit/address'
import { Button } from '../kit/Button'
import { Fact, Facts } from '../kit/details/Facts'
import { Empty } from '../kit/Empty'
import { ConfirmDialog, PlainDialog } from '../kit/form/Dialog'
import { IconAdd, IconAssign, IconCheck, IconDelete, IconRoles } from '../kit/icons'
import { MoreMenu } from '../kit/Menu'
import { useCan } from '../kit/rights'
import { usePlace } from '../kit/scope'
import { Tag } from '../kit/status'
import { useNow, When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { AssignmentWizard } from './assignment'
import { useChanged } from './changed'
import { Chip } from './Chip'
import { deleteAssignment, type Assignment, type Role, type RoleList } from './queries'
import { Losing } from './losing'
import { useAssignmentName, useRoleName } from './roleName'
import { scopeName } from './scopeName'
import { endOf, sentenceOf, startOf } from './sentence'

interface AssignmentsTabProps {
  readonly role: Role
  readonly list: RoleList
  readonly assignments: readonly Assignment[]
  readonly opened: Assignment | undefined
}

/** Who has the role, where, and until when. */
export function AssignmentsTab({ role, list, assignments, opened }: AssignmentsTabProps) {
  const { t } = useTranslation('access')
  const { customerName = '', customer } = usePlace()
  const can = useCan()
  const format = useFormat()
  const changed = useChanged()
  const setSearch = useSetSearch()
  const name = useRoleName()(role)
  const [wizard, setWizard] = useState<'new' | Assignment>()
  const [removing, setRemoving] = useState<Assignment>()
  const open = (id: string | undefined) => setSearch({ role: role.id, tab: 'assignments', assignment: id }, id === undefined ? 'replace' : 'push')
  const reason = can('roles.modify') ? undefined : t('roles.why.may-not-change')
  const sorted = [...assignments].sort((a, b) => format.compare(a.name, b.name))
  const current = sorted.filter((one) => one.state !== 'ended')
  const ended = sorted.filter((one) => one.state === 'ended')
  const act = (run: () => void) => () => {
    if (opened !== undefined) open(undefined)
    run()
  }
  const nameOf = useAssignmentName()
  const row = (one: Assignment) => (
    <Row
      key={one.id}
      name={nameOf(role, one)}
      assignment={one}
      soon={list.reminders.some((reminder) => reminder.assignment === one.id)}
      onOpen={() => open(one.id)}
      onEdit={act(() => setWizard(one))}
      onRemove={act(() => setRemoving(one))}
    />
  )
  return (
    <>
      <div className="rlead">
        <p className="sec">{t('assign.lead')}</p>
        <Button kind="primary" icon={IconAdd} disabledReason={reason} onClick={() => setWizard('new')}>
          {t('assign.new')}
        </Button>
      </div>
      {sorted.length === 0 ? (
        <Empty icon={IconAssign}>{t('assign.none', { name })}</Empty>
      ) : (
        <div className="rabox">
          <table className="ra">
            <caption className="unseen">{t('assign.caption', { name })}</caption>
            <thead>
              <tr>
                <th scope="col">{t('assign.name')}</th>
                <th scope="col">{t('assign.members')}</th>
                <th scope="col">{t('assign.scope')}</th>
                <th scope="col">{t('assign.mail')}</th>
                <th scope="col">{t('assign.ends')}</th>
                <th scope="col">{t('assign.changed')}</th>
                <th scope="col">
                  <span className="unseen">{t('assign.commands')}</span>
                </th>
              </tr>
            </thead>
            <tbody>{current.map(row)}</tbody>
            {ended.length > 0 && (
              <tbody className="past">
                <tr>
                  <th scope="rowgroup" colSpan={7}>
                    {t('assign.ended')}
                  </th>
                </tr>
                {ended.map(row)}
              </tbody>
            )}
          </table>
        </div>
      )}
      {opened !== undefined && (
        <Shown
          assignment={opened}
          list={list}
          role={role}
          onClose={() => open(undefined)}
          onEdit={act(() => setWizard(opened))}
          onRemove={act(() => setRemoving(opened))}
        />
      )}
      {wizard !== undefined && (
        <AssignmentWizard role={role} list={list} assignment={wizard === 'new' ? undefined : wizard} onClose={() => setWizard(undefined)} />
      )}
      <ConfirmDialog
        open={removing !== undefined}
        title={t('assign.removeTitle', { name: removing ? nameOf(role, removing) : '', customer: customerName })}
        action={t('assign.remove')}
        danger
        run={async () => {
          if (removing === undefined) return
          await deleteAssignment(customer, removing)
          await changed(t('assign.removed', { name: nameOf(role, removing) }))
        }}
        onClose={() => setRemoving(undefined)}
      >
        {removing !== undefined && <Losing assignments={[removing]} />}
      </ConfirmDialog>
    </>
  )
}

interface RowProps {
  readonly name: string
  readonly assignment: Assignment
  /** It ends within seven days. */
  readonly soon: boolean
  readonly onOpen: () => void
  readonly onEdit: () => void
  readonly onRemove: () => void
}

/** How many members a row names. */
const shown = 2

function Row({ name, assignment, soon, onOpen, onEdit, onRemove }: RowProps) {
  const { t } = useTranslation('access')
  const format = useFormat()
  const now = useNow()
  const why = useWhyNot(assignment)
  const { members, endsAt, startsAt, state } = assignment
  const more = members.length - shown
  return (
    <tr>
      <th scope="row">
        <button type="button" className="link el" onClick={onOpen}>
          {name}
        </button>
        {assignment.description !== '' && <span className="mut sm el">{assignment.description}</span>}
      </th>
      <td>
        <span className="chips">
          {members.slice(0, shown).map((member) => (
            <Chip key={member.id} kind={member.kind} name={member.name} />
          ))}
          {more > 0 && (
            <span className="mut sm" title={format.list(members.slice(shown).map((member) => member.name))}>
              +{format.number(more)}
            </span>
          )}
        </span>
      </td>
      <td className="where" title={format.list(assignment.scopes.map((scope) => scopeName(scope, t)))}>
        {scopeName(assignment.scopes[0], t)}
        {assignment.scopes.length > 1 && <span className="mut"> +{format.number(assignment.scopes.length - 1)}</span>}
      </td>
      <td>
        {assignment.mail && (
          <>
            <IconCheck className="i s" aria-hidden />
            <span className="unseen">{t('assign.mailYes')}</span>
          </>
        )}
      </td>
      <td>
        {state === 'not-begun' && startsAt !== undefined && <Tag tone="brand">{t('assign.from', { when: startOf(startsAt, format) })}</Tag>}
        {soon && endsAt !== undefined ? <Tag tone="warning">{t('assign.endsIn', { age: format.since(now, endsAt) })}</Tag> : state !== 'not-begun' && (endsAt === undefined ? <span className="mut">{t('assign.never')}</span> : <When at={endsAt} as="date" />)}
      </td>
      <td>
        <When at={assignment.changedAt} as="date" />
      </td>
      <td className="r">
        <MoreMenu
          label={t('assign.commandsOf', { name })}
          items={[
            { id: 'edit', label: t('assign.edit'), disabledReason: why, run: onEdit },
            { id: 'remove', label: t('assign.remove'), icon: IconDelete, danger: true, disabledReason: why, run: onRemove },
          ]}
        />
      </td>
    </tr>
  )
}

/** Why this assignment cannot be changed by the person; undefined when it can. */
function useWhyNot(assignment: Assignment): string | undefined {
  const { t } = useTranslation('access')
  if (assignment.editable) return undefined
  return t(`roles.why.${assignment.why ?? ''}` as 'roles.why.may-not-change', { defaultValue: t('roles.why.may-not-change') })
}

interface ShownProps {
  readonly assignment: Assignment
  readonly role: Role
  readonly list: RoleList
  readonly onClose: () => void
  readonly onEdit: () => void
  readonly onRemove: () => void
}

/** All of one assignment, for everybody who may see it. */
function Shown({ assignment, role, list, onClose, onEdit, onRemove }: ShownProps) {
  const { t } = useTranslation('access')
  const format = useFormat()
  const why = useWhyNot(assignment)
  const name = useRoleName()(role)
  const things = role.permissions.filter((one) => list.ceiling.includes(one)).length
  return (
    <PlainDialog
      open
      title={useAssignmentName()(role, assignment)}
      onClose={onClose}
      actions={
        <>
          <Button kind="primary" disabledReason={why} onClick={onEdit}>
            {t('assign.edit')}
          </Button>
          <Button kind="danger" disabledReason={why} onClick={onRemove}>
            {t('assign.remove')}
          </Button>
        </>
      }
    >
      <div className="stack-l">
        <p className="b">{sentenceOf({ ...assignment, things }, t, format)}</p>
        <Facts>
          <Fact label={t('assign.note')}>{assignment.description}</Fact>
          <Fact label={t('assign.state')}>{t(`assign.is.${assignment.state}`)}</Fact>
          <Fact label={t('assign.role')}>
            <span className="row">
              <IconRoles className="i" aria-hidden /> {name}
            </span>
          </Fact>
          <Fact label={t('assign.members')}>
            <span className="chips wrap">
              {assignment.members.map((member) => (
                <Chip key={member.id} kind={member.kind} name={member.name} />
              ))}
            </span>
          </Fact>
          <Fact label={t('assign.scope')}>
            <ul>
              {assignment.scopes.map((scope) => (
                <li key={`${scope.kind} ${scope.id}`}>
                  {scopeName(scope, t)} {scope.kind !== 'room' && <span className="mut">{t('scope.rooms', { count: scope.rooms })}</span>}
                </li>
              ))}
            </ul>
          </Fact>
          <Fact label={t('assign.starts')}>{assignment.startsAt !== undefined && startOf(assignment.startsAt, format)}</Fact>
          <Fact label={t('assign.ends')}>{assignment.endsAt === undefined ? t('assign.never') : endOf(assignment.endsAt, format)}</Fact>
          <Fact label={t('assign.mail')}>{assignment.mail ? t('assign.mailYes') : t('assign.mailNo')}</Fact>
          <Fact label={t('assign.changed')}>
            <When at={assignment.changedAt} as="moment" /> <span className="sec">{assignment.changedBy}</span>
          </Fact>
        </Facts>
        {why !== undefined && <p className="mut">{why}</p>}
      </div>
    </PlainDialog>
  )
}
