import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { refresh } from '../api/query'
import { ConfirmDialog } from '../kit/form/Dialog'
import { usePlace } from '../kit/scope'
import { useToast } from '../kit/toast'
import { feature, removeAssignment, removeMember, removeRole, type OwnAccess, type OwnAssignment, type OwnMember, type OwnRole } from './queries'
import { useRoleName } from './rolename'

/** What the customer takes away. */
export type Cut =
  | { readonly kind: 'member'; readonly member: OwnMember }
  | { readonly kind: 'role'; readonly role: OwnRole }
  | { readonly kind: 'assignment'; readonly assignment: OwnAssignment; readonly role: OwnRole }

interface RemoveProps {
  readonly cut: Cut | undefined
  readonly access: OwnAccess
  readonly partner: string
  readonly onClose: () => void
}

const sendOf = (cut: Cut) => {
  switch (cut.kind) {
    case 'member':
      return removeMember(cut.member)
    case 'role':
      return removeRole(cut.role.id)
    case 'assignment':
      return removeAssignment(cut.assignment.id)
  }
}

/** Asks before something of the partner's access ends: what it is, whom it leaves in, and that it cannot be taken back here. */
export function RemoveDialog({ cut, access, partner, onClose }: RemoveProps) {
  const { t } = useTranslation('portal')
  const client = useQueryClient()
  const { session } = usePlace()
  const toast = useToast()
  const name = cut === undefined ? '' : cut.kind === 'member' ? cut.member.name : cut.kind === 'role' ? cut.role.name : cut.assignment.name
  return (
    <ConfirmDialog
      open={cut !== undefined}
      title={cut === undefined ? '' : t(`remove.${cut.kind}`, { name, partner })}
      action={t('members.remove')}
      danger
      run={async () => {
        if (cut === undefined) return
        try {
          await sendOf(cut)
        } finally {
          void refresh(client, session, feature) // refused: somebody has changed it meanwhile
        }
        toast(t('remove.done', { name }))
      }}
      onClose={onClose}
    >
      {cut && <Consequences cut={cut} access={access} partner={partner} />}
      <p className="sec">{t('remove.final', { partner })}</p>
    </ConfirmDialog>
  )
}

function Consequences({ cut, access, partner }: { cut: Cut; access: OwnAccess; partner: string }) {
  const { t } = useTranslation('portal')
  const nameOf = useRoleName(access)
  switch (cut.kind) {
    case 'member':
      return <OfMember member={cut.member} access={access} partner={partner} />
    case 'role':
      return <p>{cut.role.assignments.length === 0 ? t('remove.roleUnused') : t('remove.roleText', { count: cut.role.assignments.length, who: namesIn(cut.role) })}</p>
    case 'assignment':
      return (
        <>
          <p>{t('remove.assignmentText', { role: nameOf(cut.role.name), who: cut.assignment.members.map((member) => member.name).join(', ') })}</p>
          {cut.role.builtIn && isLast(cut.role, (one) => one.id !== cut.assignment.id) && <p className="b">{t('remove.last', { partner })}</p>}
        </>
      )
  }
}

function OfMember({ member, access, partner }: { member: OwnMember; access: OwnAccess; partner: string }) {
  const { t } = useTranslation('portal')
  const nameOf = useRoleName(access)
  const builtIn = access.roles.find((role) => role.builtIn)
  const leads = builtIn?.assignments.some((one) => one.members.some((other) => other.id === member.id))
  const groups = access.members.filter((other) => other.kind === 'group' && other.id !== member.id)
  const known = member.through.map((group) => group.name)
  return (
    <>
      <p>{t(member.kind === 'group' ? 'remove.groupText' : 'remove.memberText', { name: member.name, roles: member.roles.map(nameOf).join(', ') })}</p>
      {known.length > 0 && <p className="b">{t('remove.stillIn', { name: member.name, groups: known.join(', ') })}</p>}
      {known.length === 0 && member.kind === 'user' && groups.length > 0 && (
        <p>{t('remove.mayBeIn', { name: member.name, groups: groups.map((group) => group.name).join(', ') })}</p>
      )}
      {leads && builtIn && isLast(builtIn, (one) => one.members.some((other) => other.id !== member.id)) && <p className="b">{t('remove.last', { partner })}</p>}
    </>
  )
}

/** Whether nobody would be a primary admin any more: none of the assignments that hold everywhere is left. */
function isLast(role: OwnRole, stays: (assignment: OwnAssignment) => boolean): boolean {
  return !role.assignments.some((one) => one.all && one.state === 'active' && one.members.length > 0 && stays(one))
}

function namesIn(role: OwnRole): string {
  return [...new Set(role.assignments.flatMap((one) => one.members.map((member) => member.name)))].join(', ')
}
