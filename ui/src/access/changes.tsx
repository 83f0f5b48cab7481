import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Section } from '../kit/details/Facts'
import { Loaded } from '../kit/Failure'
import { usePermissionWords } from '../kit/permission'
import { useFormat } from '../text/i18n'
import type { Settable } from './draft'
import { difference } from './matrix'
import { useRolePreview, type RolePreview } from './queries'

/** What would be saved, in words. */
export function YourChanges({ base, values, count }: { base: Settable; values: Settable; count: number }) {
  const { t } = useTranslation('access')
  const format = useFormat()
  const words = usePermissionWords()
  const { added, removed } = difference(base.permissions, values.permissions)
  const line = (name: string, more: boolean) => {
    const gives = t(`gives.${name}` as 'gives.rooms.view', { defaultValue: '' })
    return (
      <li key={name}>
        <span className={more ? 'ok b' : 'crit b'} aria-hidden>
          {more ? '+' : '−'}
        </span>
        <span>
          <span className="unseen">{more ? t('roles.added') : t('roles.removed')} </span>
          <span className="b">
            {words.whole(name)}
          </span>{' '}
          <span className="sec">{more ? gives : t('roles.noLonger', { what: gives })}</span>
        </span>
      </li>
    )
  }
  return (
    <Section title={t('roles.yourChanges')} note={count === 0 ? undefined : format.number(count)}>
      {count === 0 ? (
        <p className="mut">{t('roles.noChanges')}</p>
      ) : (
        <ul className="dif">
          {base.name !== values.name && (
            <li>
              <span aria-hidden />
              <span>{t('roles.renamed', { name: values.name.trim() })}</span>
            </li>
          )}
          {base.description !== values.description && (
            <li>
              <span aria-hidden />
              <span>{t('roles.described')}</span>
            </li>
          )}
          {added.map((name) => line(name, true))}
          {removed.map((name) => line(name, false))}
        </ul>
      )}
    </Section>
  )
}

/** Milliseconds of rest before it is asked: a row of ticks is one question. */
const rest = 250

/** The value after it has rested. */
function useRested<T>(value: T): T {
  const [rested, setRested] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), rest)
    return () => clearTimeout(timer)
  }, [value])
  return rested
}

/** For whom the changes of a role change something; the server says it. */
export function WhoIsAffected({ role, base, permissions }: { role: string; base: readonly string[]; permissions: readonly string[] }) {
  const { t } = useTranslation('access')
  const { added, removed } = difference(base, permissions)
  const differs = added.length + removed.length > 0
  const rested = useRested(permissions)
  const query = useRolePreview(role, differs ? rested : undefined)
  return (
    <Section title={t('roles.affected')}>
      {differs ? (
        <Loaded query={query} lines={2}>
          {(preview) => <Affected preview={preview} />}
        </Loaded>
      ) : (
        <p className="mut">{t('roles.affectsNobody')}</p>
      )}
    </Section>
  )
}

function Affected({ preview }: { preview: RolePreview }) {
  const { t } = useTranslation('access')
  const format = useFormat()
  const { assignments } = preview
  if (assignments.length === 0) return <p className="mut">{t('roles.givenToNobody')}</p>
  const changing = assignments.filter((one) => one.gains || one.loses)
  const still = assignments.filter((one) => !one.gains && !one.loses)
  const names = (list: typeof assignments) => format.list(list.map((one) => one.name))
  return (
    <div className="stack" role="status">
      {changing.length > 0 && (
        <p>
          {t('roles.affects', {
            people: t('roles.people', { count: preview.people }),
            assignments: t('roles.assignmentCount', { count: changing.length }),
          })}{' '}
          <span className="mut">({names(changing)})</span>
        </p>
      )}
      {still.length > 0 && <p className="mut">{t('roles.unaffected', { names: names(still) })}</p>}
    </div>
  )
}
