import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { Role, RoleTemplate } from './queries'

/** As store/customers.go names it. */
const assignedAdmins = 'Assigned admins'

/** The name of a role: the built-in one has it in the person's language. */
export function roleNameOf({ builtIn, name }: Pick<Role, 'builtIn' | 'name'>, t: TFunction<'access'>): string {
  return builtIn ? t('roles.primaryAdmins') : name
}

/** The name of an assignment: that which the primary admins have from accepting has it in the person's language. */
export function useAssignmentName(): (role: Pick<Role, 'builtIn'>, assignment: { readonly name: string }) => string {
  const { t } = useTranslation('access')
  return ({ builtIn }, { name }) => (builtIn && name === assignedAdmins ? t('assign.assignedAdmins') : name)
}

export function useRoleName(): (role: Pick<Role, 'builtIn' | 'name'>) => string {
  const { t } = useTranslation('access')
  return (role) => roleNameOf(role, t)
}

/** The name of a template: one that comes with Roomward has it in the person's language. What is made from it keeps the stored name. */
export function useTemplateName(): (template: Pick<RoleTemplate, 'id' | 'builtIn' | 'name'>) => string {
  const { t } = useTranslation('access')
  return ({ id, builtIn, name }) => (builtIn ? t(`templates.name.${id}` as 'templates.name.site-lead', { defaultValue: name }) : name)
}
