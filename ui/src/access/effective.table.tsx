import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { IconCheck, IconClose16, IconGroup } from '../kit/icons'
import { featureOf, usePermissionWords } from '../kit/permission'
import { Tile } from '../kit/Tile'
import { useFormat } from '../text/i18n'
import type { Answer, Check, Question } from './effective.queries'
import { WhereCell } from './effective.where'
import { becauseOf, roleOf, shareOf } from './effective.words'

interface TableProps {
  readonly answer: Answer
  readonly ask: (change: Partial<Question>) => void
}

/** What nothing speaks for: no role of theirs has it. Shown on demand. */
const isRemote = ({ allowed, broken }: Check) => !allowed && (broken === 'no-assignment' || broken === 'role')

/** Everything that the person may do there, and because of what; a click asks that question. */
export function Everything({ answer, ask, asked }: TableProps & { asked: string }) {
  const { t } = useTranslation('access')
  const format = useFormat()
  const words = usePermissionWords()
  const [all, setAll] = useState(false)
  const { permissions, question, rooms } = answer
  const anywhere = question.room === undefined
  const held = permissions.filter((one) => one.allowed).length
  const shown = permissions.filter((one) => all || one.permission === asked || !isRemote(one))
  const who = question.member?.name ?? ''
  const title = question.room ? t('check.everythingIn', { who, room: question.room.name }) : t('check.everything', { who })
  return (
    <section className="ck-all" data-region="pane" aria-label={title}>
      <h2 className="h">
        {title} <span className="mut">{t('check.of', { held: format.number(held), all: format.number(permissions.length) })}</span>
      </h2>
      {shown.length > 0 && (
        <table className="ck-table held">
          <thead>
            <tr>
              <th scope="col">{t('check.feature')}</th>
              <th scope="col">{t('check.permission')}</th>
              <th scope="col">{anywhere ? t('check.roomsHead') : t('check.mayHead')}</th>
              <th scope="col">{anywhere ? t('check.whereHead') : t('check.because')}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((one, i) => {
              const feature = featureOf(one.permission)
              const again = i > 0 && featureOf(shown[i - 1]?.permission ?? '') === feature
              const present = one.permission === asked
              return (
                <tr key={one.permission} className={present ? 'asked' : undefined} onClick={() => ask({ permission: one.permission })}>
                  <td className="mut">{again ? <span className="unseen">{words.ofFeature(feature)}</span> : words.ofFeature(feature)}</td>
                  <td>
                    <button type="button" className="ck-row" aria-current={present || undefined}>
                      <span className="ck-of">
                        {words.ofFeature(feature)}
                        <span>, </span>
                      </span>
                      {words.of(one.permission)}
                    </button>
                  </td>
                  <td>
                    {one.allowed ? (
                      <span className="st healthy">
                        <IconCheck className="i s" aria-hidden />
                        {anywhere ? shareOf(one, rooms.all, t, format) : t('check.isYes')}
                      </span>
                    ) : (
                      <span className="st mut">
                        <IconClose16 className="i s" aria-hidden />
                        {t('check.isNo')}
                      </span>
                    )}
                  </td>
                  <td className="sec">{anywhere ? <WhereCell check={one} /> : becauseOf(one, t, format)}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      )}
      {shown.length < permissions.length && (
        <button type="button" className="link sm" onClick={() => setAll(true)}>
          {t('check.showMore', { count: permissions.length - shown.length })}
        </button>
      )}
    </section>
  )
}

/** Who reaches a room; a click asks about that person. */
export function Reaching({ answer, ask }: TableProps) {
  const { t } = useTranslation('access')
  const format = useFormat()
  const { people, question } = answer
  if (people.length === 0) return null
  const title = t('check.reaching', { room: question.room?.name ?? '' })
  return (
    <section className="ck-all" data-region="pane" aria-label={title}>
      <h2 className="h">{title}</h2>
      <table className="ck-table people">
        <thead>
          <tr>
            <th scope="col">{t('check.who')}</th>
            <th scope="col">{t('check.permissions')}</th>
            <th scope="col">{t('check.because')}</th>
          </tr>
        </thead>
        <tbody>
          {people.map(({ member, permissions, chains }) => (
            <tr key={member.id} onClick={() => ask({ member: `${member.kind}:${member.id}` })}>
              <td>
                <button type="button" className="ck-row cell">
                  {member.kind === 'group' ? <IconGroup className="i" aria-hidden /> : <Tile name={member.name} />}
                  <span>{member.name}</span>
                </button>
              </td>
              <td>{format.number(permissions.length)}</td>
              <td className="sec">{chains.map((chain) => chain.assignmentName ?? roleOf(chain, t)).join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
