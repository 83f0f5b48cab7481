import { useId, useState, type ReactNode } from 'react'
import { flushSync } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { approves } from '../api/can'
import { textOf, useSearchText, useSetSearch } from '../kit/address'
import { useTitle } from '../kit/announce'
import { Button } from '../kit/Button'
import { Fact, Facts } from '../kit/details/Facts'
import { ConfirmDialog } from '../kit/form/Dialog'
import { IconCopy, IconDelete, IconLocked } from '../kit/icons'
import { Message } from '../kit/Message'
import { withTick } from '../kit/permission'
import { useMe } from '../kit/rights'
import { usePlace } from '../kit/scope'
import { Tabs } from '../kit/Tabs'
import { When } from '../kit/When'
import { ApplyDialog } from './apply'
import { Losing } from './losing'
import { AssignmentsTab } from './assignments'
import { useChanged } from './changed'
import { WhoIsAffected, YourChanges } from './changes'
import { useDraft } from './draft'
import { AskToLeave, NameFields, SaveBar, StateOfDraft, useEditor } from './editor'
import { lockOf } from './matrix'
import { PermissionMatrix } from './PermissionMatrix'
import { changeRole, copyRole, deleteRole, type Assignment, type Role, type RoleList } from './queries'
import { refusedBy } from './Refused'
import { useRoleName } from './roleName'

interface RolePaneProps {
  readonly role: Role
  readonly list: RoleList
  /** Those of this role. */
  readonly assignments: readonly Assignment[]
  /** The one that the address names. */
  readonly opened: Assignment | undefined
  readonly notice: ReactNode
}

/** One role: what it is called, what it allows, who has it. */
export function RolePane({ role, list, assignments, opened, notice }: RolePaneProps) {
  const { t } = useTranslation('access')
  const { customer, customerName = '', me } = usePlace()
  const asks = approves(me, 'role', customer)
  const search = useSearchText()
  const setSearch = useSetSearch()
  const panel = useId()
  const changed = useChanged()
  const [dialog, setDialog] = useState<'delete' | 'copy'>()
  const draft = useDraft(role)
  const editor = useEditor({ draft, send: (base, values) => changeRole(customer, base, values), said: t('roles.saved', { name: draft.values.name.trim() }) })
  const name = useRoleName()(role)
  useTitle(name, t('roles.title'), customerName)

  const asked = textOf(search, 'tab')
  const tab = asked === 'general' || asked === 'assignments' ? asked : opened !== undefined ? 'assignments' : 'permissions'
  const readOnly = role.editable ? undefined : t(`roles.why.${role.why ?? ''}` as 'roles.why.may-not-change', { defaultValue: t('roles.why.may-not-change') })
  const others = me.holdings.filter((holding) => holding.customerId !== customer && holding.permissions.includes('roles.modify'))
  const noCopy = role.builtIn ? t('roles.why.role-built-in') : others.length === 0 ? t('roles.noOtherCustomer') : undefined

  const remove = async () => {
    await deleteRole(customer, role)
    flushSync(draft.discard) // going on must not ask about changes of what is gone
    setSearch({ role: undefined, tab: undefined, assignment: undefined })
    await changed(t('roles.deleted', { name }))
  }
  return (
    <div className="main" data-region="role">
      <div className="head">
        <h2 className="el">{name}</h2>
        <span className="mut el">{t('roles.for', { customer: customerName })}</span>
        <span className="stamp">
          <Button small kind="quiet" icon={IconCopy} disabledReason={noCopy} onClick={() => setDialog('copy')}>
            {t('roles.copy')}
          </Button>
          <Button small kind="quiet" className="crit" icon={IconDelete} disabledReason={readOnly} onClick={() => setDialog('delete')}>
            {t('roles.delete')}
          </Button>
        </span>
      </div>
      <Tabs
        label={name}
        panel={panel}
        value={tab}
        onChange={(value) => setSearch({ role: role.id, tab: value === 'permissions' ? undefined : value, assignment: undefined })}
        tabs={[
          { value: 'general', label: t('roles.general') },
          { value: 'permissions', label: t('roles.permissions'), count: role.permissions.length },
          { value: 'assignments', label: t('roles.assignments'), count: assignments.length },
        ]}
      />
      <div id={panel} role="tabpanel" aria-label={t(`roles.${tab}`)} className="body wide rbody" tabIndex={-1}>
        {notice}
        {readOnly !== undefined && tab !== 'assignments' && <Message icon={IconLocked}>{readOnly}</Message>}
        {tab !== 'assignments' && <StateOfDraft draft={draft} editor={editor} latest={role} />}
        {tab === 'general' && (
          <div className="rgeneral">
            {!role.builtIn && <NameFields draft={draft} nameReason={editor.nameReason} readOnly={readOnly} />}
            <Facts>
              <Fact label={t('roles.changed')}>
                <When at={role.changedAt} as="moment" /> <span className="sec">{role.changedBy}</span>
              </Fact>
              <Fact label={t('roles.members')}>{t('roles.people', { count: role.members })}</Fact>
            </Facts>
          </div>
        )}
        {tab === 'permissions' && (
          <Permissions role={role} list={list} draft={draft} readOnly={readOnly} refused={refusedBy(editor.failure)} />
        )}
        {tab === 'assignments' && <AssignmentsTab role={role} list={list} assignments={assignments} opened={opened} />}
      </div>
      {tab !== 'assignments' && role.editable && (
        <SaveBar
          count={draft.count}
          busy={editor.busy}
          disabledReason={draft.stale ? t('roles.staleText') : undefined}
          asks={asks}
          note={asks ? t('roles.asksNote', { customer: customerName }) : t('roles.holds')}
          onSave={() => {
            if (draft.values.name.trim() === '') setSearch({ role: role.id, tab: 'general' })
            void editor.save()
          }}
          onDiscard={editor.discard}
        />
      )}
      <AskToLeave dirty={draft.count > 0} parameter="role" id={role.id} />
      <ConfirmDialog
        open={dialog === 'delete'}
        title={t('roles.deleteTitle', { name, customer: customerName })}
        action={t('roles.delete')}
        danger
        run={remove}
        onClose={() => setDialog(undefined)}
      >
        <Losing assignments={assignments} />
      </ConfirmDialog>
      {dialog === 'copy' && (
        <ApplyDialog
          title={t('apply.copyTitle', { name })}
          customers={others}
          apply={(customers, preview) => copyRole(customer, role.id, customers, preview)}
          onClose={() => setDialog(undefined)}
        />
      )}
    </div>
  )
}

interface PermissionsProps {
  readonly role: Role
  readonly list: RoleList
  readonly draft: ReturnType<typeof useDraft<Role>>
  readonly readOnly: string | undefined
  readonly refused: readonly string[]
}

function Permissions({ role, list, draft, readOnly, refused }: PermissionsProps) {
  const { t } = useTranslation('access')
  const { customerName = '' } = usePlace()
  const catalogue = useMe().permissions
  const nameOf = useRoleName()
  const base = draft.base.permissions
  const held = draft.values.permissions
  const notGranted = t('roles.notGranted', { customer: customerName })
  const locked = (name: string) => {
    const lock = lockOf(name, base, list)
    if (lock === 'ceiling') return notGranted
    return lock === 'own' ? t('roles.notYours') : undefined
  }
  return (
    <>
      <div className="rlead">
        <p className="sec">{readOnly === undefined && t('roles.lead')}</p>
        <span className="legend">
          <span>
            <IconLocked className="i s" aria-hidden /> {notGranted}
          </span>
        </span>
      </div>
      <div className="mxbox">
        <PermissionMatrix
          label={t('roles.matrix', { name: nameOf(role) })}
          base={base}
          held={held}
          locked={locked}
          idle={(name) => (list.ceiling.includes(name) ? undefined : t('roles.idle', { customer: customerName }))}
          readOnly={readOnly}
          refused={refused}
          onTick={(name, on) => draft.change({ permissions: withTick(held, name, on, catalogue, (one) => locked(one) === undefined) })}
        />
      </div>
      {role.editable && (
        <div className="rsum">
          <YourChanges base={draft.base} values={draft.values} count={draft.count} />
          <WhoIsAffected role={role.id} base={base} permissions={held} />
        </div>
      )}
    </>
  )
}
