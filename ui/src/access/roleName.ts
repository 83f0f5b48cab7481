import { useTranslation } from 'react-i18next'
import type { Role } from './queries'

/** The name of a role: the built-in one has it in the person's language. */
export function useRoleName(): (role: Pick<Role, 'builtIn' | 'name'>) => string {
  const { t } = useTranslation('access')
  return (role) => (role.builtIn ? t('roles.primaryAdmins') : role.name)
}
