import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { Role, RoleTemplate } from './queries'

/** The name of a role: the built-in one has it in the person's language. */
export function roleNameOf({ builtIn, name }: Pick<Role, 'builtIn' | 'name'>, t: TFunction<'access'>): string {
  return builtIn ? t('roles.primaryAdmins') : name
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
