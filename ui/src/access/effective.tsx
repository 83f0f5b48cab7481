import { useEffect, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../api/client'
import { findPeople } from '../api/directory'
import { PageLink, textOf, useSearchText, useSetSearch } from '../kit/address'
import { useAnnounce } from '../kit/announce'
import { AskCustomer } from '../kit/AskCustomer'
import { Button } from '../kit/Button'
import { useCopy } from '../kit/details/CopyButton'
import { NoPermission } from '../kit/Empty'
import { Loaded } from '../kit/Failure'
import { IconAssign, IconChevronRight, IconCopyLink, IconGroup, IconKey, IconRooms, IconSearch } from '../kit/icons'
import { Message } from '../kit/Message'
import { PlainPage } from '../kit/Page'
import { byFeature, usePermissionWords } from '../kit/permission'
import { useCan } from '../kit/rights'
import { usePlace } from '../kit/scope'
import { Tile } from '../kit/Tile'
import { useFormat } from '../text/i18n'
import { Verdict } from './effective.chain'
import { Pick, type Choice } from './effective.pick'
import { findRooms, useAnswer, type Answer, type Question } from './effective.queries'
import { Everything, Reaching } from './effective.table'
import { deedOf, headlineOf, upper } from './effective.words'
import './effective.css'

/** "May this person do this there, and why?" The question stands in the address (screens.md 4.7). */
export function Page() {
  const { t } = useTranslation('access')
  const { customer } = usePlace()
  const may = useCan()
  const copy = useCopy()
  const { t: kit } = useTranslation()
  if (customer === 'all') {
    return (
      <AskCustomer title={t('check.title')} page="check-access" permission="roles.view" icon={IconSearch}>
        {t('check.whichCustomer')}
      </AskCustomer>
    )
  }
  const crumb = may('roles.view') && (
    <span className="row">
      <PageLink page="roles">{t('check.roles')}</PageLink>
      <IconChevronRight className="i s" aria-hidden />
    </span>
  )
  const link = (
    <Button small kind="quiet" icon={IconCopyLink} onClick={() => void copy(window.location.href, kit('details.linkCopied'))}>
      {kit('details.copyLink')}
    </Button>
  )
  return (
    <PlainPage title={t('check.title')} crumb={crumb} actions={link} wide>
      {may('roles.view') ? <Asking /> : <NoPermission />}
    </PlainPage>
  )
}

function Asking() {
  const { t } = useTranslation('access')
  const { customerName = '', me } = usePlace()
  const search = useSearchText()
  const setSearch = useSetSearch()
  const question: Question = { member: textOf(search, 'member'), permission: textOf(search, 'permission'), room: textOf(search, 'room') }
  const query = useAnswer(question)
  const asked = question.member !== '' || question.room !== ''
  const ask = (change: Partial<Question>) =>
    setSearch(Object.fromEntries(Object.entries(change).map(([name, value]) => [name, value || undefined])), 'push')
  const unknown = query.error instanceof ApiError && query.error.status === 422
  return (
    <>
      <Fields question={question} answer={query.data} ask={ask} />
      {!asked && (
        <div className="ck-choose">
          <p className="sec">{t('check.begin')}</p>
          <Button icon={IconAssign} onClick={() => ask({ member: `user:${me.person.id}` })}>
            {t('check.me')}
          </Button>
        </div>
      )}
      {asked && unknown && <Message tone="warning">{t('check.unknown')}</Message>}
      {asked && !unknown && (
        <Loaded query={query} lines={8}>
          {(answer) => (
            <div className={query.isPlaceholderData ? 'ck-split old' : 'ck-split'} aria-busy={query.isPlaceholderData || undefined}>
              <Said answer={answer} customer={customerName} />
              <section className="ck-why">
                {answer.strongAuth && <Message icon={IconKey}>{t('check.strongAuth', { customer: customerName, name: answer.strongAuth.name })}</Message>}
                <Verdict answer={answer} customer={customerName} />
              </section>
              {answer.question.member === undefined ? (
                <Reaching answer={answer} ask={ask} />
              ) : (
                <Everything answer={answer} ask={ask} asked={question.permission} />
              )}
            </div>
          )}
        </Loaded>
      )}
    </>
  )
}

/** Says the answer to who does not see it change. */
function Said({ answer, customer }: { answer: Answer; customer: string }) {
  const { t } = useTranslation('access')
  const format = useFormat()
  const announce = useAnnounce()
  const { text } = headlineOf(answer, customer, t, format)
  useEffect(() => announce(text), [announce, text])
  return null
}

interface FieldsProps {
  readonly question: Question
  readonly answer: Answer | undefined
  readonly ask: (change: Partial<Question>) => void
}

const glyphOf = (kind: string, name: string) => (kind === 'group' ? <IconGroup className="i s" aria-hidden /> : <Tile name={name} />)
const roomGlyph = <IconRooms className="i s" aria-hidden />

function Fields({ question, answer, ask }: FieldsProps) {
  const { t } = useTranslation('access')
  const { me, customer } = usePlace()
  const may = useCan()
  const [picked, setPicked] = useState<readonly Choice[]>([]) // names of what was chosen here, until the answer names it
  const choiceOf = (id: string, named: Choice | undefined, glyph: Choice['glyph']): Choice | undefined => {
    if (id === '') return undefined
    if (named?.id === id) return named
    return picked.find((choice) => choice.id === id) ?? { id, name: id.slice(id.indexOf(':') + 1), glyph }
  }
  const take = (part: 'member' | 'room') => (choice: Choice | undefined) => {
    if (choice) setPicked((before) => [...before, choice])
    ask({ [part]: choice?.id ?? '' })
  }
  const { member, room } = answer?.question ?? {}
  const named = member && { id: `${member.kind}:${member.id}`, name: member.name, glyph: glyphOf(member.kind, member.name) }
  const place = room && { id: room.id, name: room.name, detail: [room.building, room.city].filter(Boolean).join(', '), glyph: roomGlyph }
  return (
    <div className="ck-ask" role="search" aria-label={t('check.question')}>
      <Pick
        label={t('check.who')}
        value={choiceOf(question.member, named, glyphOf('user', ''))}
        placeholder={t('check.anybody')}
        clear={t('check.clearWho')}
        least={2}
        search={async (q, signal) =>
          (await findPeople(q, signal)).map((found) => ({ id: `${found.kind}:${found.id}`, name: found.name, detail: found.detail, glyph: glyphOf(found.kind, found.name) }))
        }
        onChange={take('member')}
      />
      <PermissionField value={question.permission} permissions={me.permissions} onChange={(permission) => ask({ permission })} />
      <Pick
        label={t('check.where')}
        value={choiceOf(question.room, place, roomGlyph)}
        placeholder={t('check.anywhere')}
        clear={t('check.clearWhere')}
        least={0}
        disabledReason={may('rooms.view') ? undefined : t('check.noRooms')}
        search={async (q, signal) =>
          (await findRooms(customer, q, signal)).map((found) => ({ id: found.id, name: found.name, detail: [found.building, found.city].filter(Boolean).join(', '), glyph: roomGlyph }))
        }
        onChange={take('room')}
      />
    </div>
  )
}

interface PermissionFieldProps {
  readonly value: string
  readonly permissions: readonly string[]
  readonly onChange: (permission: string) => void
}

function PermissionField({ value, permissions, onChange }: PermissionFieldProps) {
  const { t } = useTranslation('access')
  const format = useFormat()
  const words = usePermissionWords()
  const id = useId()
  return (
    <div className="fld">
      <label htmlFor={id}>{t('check.what')}</label>
      <select id={id} className="field" value={permissions.includes(value) ? value : ''} onChange={(event) => onChange(event.target.value)}>
        <option value="">{t('check.anything')}</option>
        {byFeature(permissions).map(({ feature, names }) => (
          <optgroup key={feature} label={words.ofFeature(feature)}>
            {names.map((name) => (
              <option key={name} value={name}>
                {upper(deedOf(name, t), format)}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </div>
  )
}
