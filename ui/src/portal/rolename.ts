import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { OwnAccess } from './queries'

/** The name of a role that a member holds: the built-in one in the person's language. */
export function useRoleName({ roles }: Pick<OwnAccess, 'roles'>): (name: string) => string {
  const { t } = useTranslation('portal')
  return (name) => (roles.some((role) => role.builtIn && role.name === name) ? t('fact.admins') : name)
}

/** The name of an assignment: that which the primary admins have from the acceptance, as store/customers.go names it, in the person's language. */
export function assignmentName({ builtIn }: { readonly builtIn: boolean }, { name }: { readonly name: string }, t: TFunction<'portal'>): string {
  return builtIn && name === 'Assigned admins' ? t('members.assignedAdmins') : name
}
