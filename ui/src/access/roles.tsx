import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { PageLink, textOf, useSearchText, useSetSearch } from '../kit/address'
import { AskCustomer } from '../kit/AskCustomer'
import { IconButton } from '../kit/Button'
import { Absent, NoPermission } from '../kit/Empty'
import { Failure, Loaded } from '../kit/Failure'
import { IconAdd, IconRoles, IconTarget } from '../kit/icons'
import { Message } from '../kit/Message'
import { PlainPage } from '../kit/Page'
import { useCan } from '../kit/rights'
import { usePlace } from '../kit/scope'
import { useNow } from '../kit/When'
import { useFormat } from '../text/i18n'
import { ColumnItem, ColumnList } from './ColumnList'
import { NewRole } from './newRole'
import { useAssignments, useRoles, type Assignment, type RoleList } from './queries'
import { RolePane } from './role'
import { useRoleName } from './roleName'
import './access.css'

/** Who may do what for one customer: its roles, their permissions and assignments (screens.md 4.6). */
export function Page() {
  const { t } = useTranslation('access')
  const { customer } = usePlace()
  const can = useCan()
  if (customer === 'all') {
    return (
      <AskCustomer title={t('roles.title')} page="roles" permission="roles.view" icon={IconRoles}>
        {t('roles.askCustomer')}
      </AskCustomer>
    )
  }
  if (!can('roles.view')) {
    return (
      <PlainPage title={t('roles.title')}>
        <NoPermission what={t('roles.title').toLocaleLowerCase()} />
      </PlainPage>
    )
  }
  return <Roles key={customer} />
}

function Roles() {
  const { t } = useTranslation('access')
  const roles = useRoles()
  const assignments = useAssignments()
  if (roles.data === undefined || assignments.data === undefined) {
    return (
      <PlainPage title={t('roles.title')}>
        <Loaded<unknown> query={roles.data === undefined ? roles : assignments} lines={12}>
          {() => null}
        </Loaded>
      </PlainPage>
    )
  }
  const failed = roles.error ?? assignments.error
  const retry = () => Promise.all([roles.refetch(), assignments.refetch()])
  return <Shown list={roles.data} assignments={assignments.data} notice={failed !== null && <Failure error={failed} retry={retry} />} />
}

interface ShownProps {
  readonly list: RoleList
  readonly assignments: readonly Assignment[]
  readonly notice: ReactNode
}

function Shown({ list, assignments, notice }: ShownProps) {
  const { t } = useTranslation('access')
  const search = useSearchText()
  const setSearch = useSetSearch()
  const can = useCan()
  const nameOf = useRoleName()
  const [adding, setAdding] = useState(false)
  const asked = textOf(search, 'role')
  const opened = assignments.find((one) => one.id === textOf(search, 'assignment'))
  // A link may name the assignment only: its role is shown.
  const wanted = asked === '' ? (opened?.role ?? list.items[0]?.id) : asked
  const role = list.items.find((one) => one.id === wanted)
  const newRole = can('roles.modify') ? undefined : t('roles.why.may-not-change')
  return (
    <>
      <ColumnList
        title={t('roles.title')}
        count={list.items.length}
        chosen={asked !== '' || opened !== undefined}
        page="roles"
        action={
          <IconButton
            icon={IconAdd}
            label={newRole === undefined ? t('roles.new') : `${t('roles.new')}: ${newRole}`}
            aria-disabled={newRole !== undefined || undefined}
            onClick={() => {
              if (newRole === undefined) setAdding(true)
            }}
          />
        }
        foot={
          <>
            <PageLink page="check-access">{t('roles.checkAccess')}</PageLink>
            <TemplatesLink />
          </>
        }
      >
        {list.items.map((one) => (
          <ColumnItem
            key={one.id}
            page="roles"
            search={{ role: one.id, tab: textOf(search, 'tab') || undefined }}
            current={one.id === role?.id}
            name={nameOf(one)}
            locked={one.builtIn ? t('roles.builtIn') : undefined}
            detail={t('roles.summary', {
              permissions: t('roles.permissionCount', { count: one.permissions.length }),
              assignments: t('roles.assignmentCount', { count: one.assignments }),
            })}
          />
        ))}
      </ColumnList>
      {role === undefined ? (
        <div className="main">
          <Absent />
        </div>
      ) : (
        <RolePane
          key={role.id}
          role={role}
          list={list}
          assignments={assignments.filter((one) => one.role === role.id)}
          opened={opened?.role === role.id ? opened : undefined}
          notice={
            <>
              {notice}
              <Reminders list={list} assignments={assignments} />
            </>
          }
        />
      )}
      {adding && (
        <NewRole
          list={list}
          onClose={() => setAdding(false)}
          onMade={(made) => setSearch({ role: made.id, tab: undefined, assignment: undefined }, 'push')}
        />
      )}
    </>
  )
}

function TemplatesLink() {
  const { t } = useTranslation('access')
  const can = useCan()
  const { powers } = usePlace().me
  if (!powers.manager && !powers.globalAdmin && !can('roles.modify', 'all')) return null
  return (
    <PageLink page="role-templates" customer="all">
      {t('templates.title')}
    </PageLink>
  )
}

/** Assignments that end within seven days: somebody should know before the members do. */
function Reminders({ list, assignments }: { list: RoleList; assignments: readonly Assignment[] }) {
  const { t } = useTranslation('access')
  const format = useFormat()
  const now = useNow()
  const { reminders } = list
  if (reminders.length === 0) return null
  return (
    <Message tone="warning" icon={IconTarget} title={t('roles.endSoon', { count: reminders.length })}>
      <ul className="rsoon">
        {reminders.map((one) => (
          <li key={one.assignment}>
            <PageLink
              page="roles"
              search={{ role: assignments.find((a) => a.id === one.assignment)?.role, tab: 'assignments', assignment: one.assignment }}
            >
              {one.name}
            </PageLink>{' '}
            <span className="sec">
              {t('roles.endsIn', { role: one.role, age: format.since(now, one.endsAt), when: format.moment(one.endsAt) })}
            </span>
          </li>
        ))}
      </ul>
    </Message>
  )
}
