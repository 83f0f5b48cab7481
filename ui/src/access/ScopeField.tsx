import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ChoiceField } from '../kit/form/fields'
import { useWizard } from '../kit/form/Wizard'
import { Loaded } from '../kit/Failure'
import { IconClose12, IconRooms } from '../kit/icons'
import { useScopes, type AssignmentScope, type ScopeChoices } from './queries'
import type { Entries } from './entries'
import { scopeName } from './scopeName'
import { TickList } from '../kit/form/TickList'

interface ScopeFieldProps {
  readonly entries: Entries
  readonly change: (part: Partial<Entries>) => void
  readonly all: ScopeChoices['all']
}

/** Milliseconds of silence before a search. */
const pause = 200

/** Where the assignment holds: everywhere, or in room groups and single rooms. */
export function ScopeField({ entries, change, all }: ScopeFieldProps) {
  const { t } = useTranslation('access')
  const { tried } = useWizard()
  return (
    <div className="form">
      <ChoiceField
        name="where"
        label={t('scope.where')}
        value={entries.where}
        onChange={(where) => change({ where })}
        onLeave={() => undefined}
        reason={undefined}
        options={[
          {
            value: 'all',
            label: t('scope.all'),
            hint: t('scope.allHint', { count: all.rooms }),
            disabledReason: all.allowed ? undefined : t('scope.notAll'),
          },
          { value: 'some', label: t('scope.some'), hint: t('scope.someHint') },
        ]}
      />
      {entries.where === 'some' && <Some scopes={entries.scopes} onChange={(scopes) => change({ scopes })} needed={tried && entries.scopes.length === 0} />}
    </div>
  )
}

interface SomeProps {
  readonly scopes: readonly AssignmentScope[]
  readonly onChange: (scopes: readonly AssignmentScope[]) => void
  readonly needed: boolean
}

function Some({ scopes, onChange, needed }: SomeProps) {
  const { t } = useTranslation('access')
  const common = useTranslation().t
  const [text, setText] = useState('')
  const [q, setQ] = useState('')
  const query = useScopes(q)
  useEffect(() => {
    const timer = setTimeout(() => setQ(text.trim()), pause)
    return () => clearTimeout(timer)
  }, [text])
  const ticked = scopes.map((scope) => scope.id ?? '')
  const toggle = (scope: AssignmentScope) =>
    onChange(ticked.includes(scope.id ?? '') ? scopes.filter((one) => one.id !== scope.id) : [...scopes, scope])
  const place = (room: ScopeChoices['rooms'][number]) => [room.building, room.city].filter((part) => part !== '').join(', ')
  return (
    <div className="stack">
      {scopes.length > 0 && (
        <span className="chips wrap">
          {scopes.map((scope) => (
            <span key={scope.id} className="chip">
              <IconRooms className="i s" aria-hidden />
              <span className="el">{scopeName(scope, t)}</span>
              <button type="button" aria-label={common('kit.remove', { name: scopeName(scope, t) })} onClick={() => toggle(scope)}>
                <IconClose12 className="i xs" aria-hidden />
              </button>
            </span>
          ))}
        </span>
      )}
      {needed && (
        <p className="reason" role="alert">
          {t('assign.wrong.scopeNeeded')}
        </p>
      )}
      <input
        className="field"
        type="search"
        aria-label={t('scope.find')}
        placeholder={t('scope.find')}
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Loaded query={query} lines={6}>
        {(found) => (
          <div className="rscopes">
            <section>
              <h3 className="lbl">{t('scope.groups')}</h3>
              {found.groups.length === 0 ? (
                <p className="mut">{q === '' ? t('scope.noGroups') : t('scope.nothing')}</p>
              ) : (
                <TickList
                  label={t('scope.groups')}
                  ticked={ticked}
                  options={found.groups.map((group) => ({ id: group.id, label: group.name, end: t('scope.rooms', { count: group.rooms }) }))}
                  onTick={({ id, label }) => toggle({ kind: 'group', id, name: label, rooms: found.groups.find((group) => group.id === id)?.rooms ?? 0 })}
                />
              )}
            </section>
            <section>
              <h3 className="lbl">{t('scope.single')}</h3>
              {found.rooms.length === 0 ? (
                <p className="mut">{t('scope.nothing')}</p>
              ) : (
                <TickList
                  label={t('scope.single')}
                  ticked={ticked}
                  options={found.rooms.map((room) => ({ id: room.id, label: room.name, detail: place(room) }))}
                  onTick={({ id, label }) => toggle({ kind: 'room', id, name: label, rooms: 1 })}
                />
              )}
            </section>
          </div>
        )}
      </Loaded>
    </div>
  )
}
