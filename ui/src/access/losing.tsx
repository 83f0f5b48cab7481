import { useTranslation } from 'react-i18next'
import { useFormat } from '../text/i18n'
import type { Assignment } from './queries'

/** How many names a dialog says before it counts. */
const named = 6

/** Which assignments go, and who loses something by it. */
export function Losing({ assignments }: { assignments: readonly Assignment[] }) {
  const { t } = useTranslation('access')
  const format = useFormat()
  if (assignments.length === 0) return <p>{t('roles.losesNothing')}</p>
  const words = (names: readonly string[]) => {
    const rest = names.length - named
    return format.list(rest > 1 ? [...names.slice(0, named), t('roles.more', { count: rest })] : names)
  }
  const members = new Map(assignments.filter((one) => one.state !== 'ended').flatMap((one) => one.members.map((m) => [m.id, m.name])))
  return (
    <>
      <p>{t('roles.losesAssignments', { count: assignments.length, names: words(assignments.map((one) => one.name)) })}</p>
      <p>{members.size === 0 ? t('roles.losesNobody') : t('roles.losesPeople', { names: words([...members.values()]) })}</p>
    </>
  )
}
