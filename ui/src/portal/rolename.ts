import { useTranslation } from 'react-i18next'
import type { OwnAccess } from './queries'

/** The name of a role that a member holds: the built-in one in the person's language. */
export function useRoleName({ roles }: Pick<OwnAccess, 'roles'>): (name: string) => string {
  const { t } = useTranslation('portal')
  return (name) => (roles.some((role) => role.builtIn && role.name === name) ? t('fact.admins') : name)
}
