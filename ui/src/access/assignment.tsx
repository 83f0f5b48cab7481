import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { approves } from '../api/can'
import { ApiError, Waits } from '../api/client'
import { findPeople } from '../api/directory'
import { AreaField, CheckField, ChoiceField, DateField, TextField } from '../kit/form/fields'
import { PeoplePicker } from '../kit/form/PeoplePicker'
import type { Step } from '../kit/form/spec'
import { ReviewPart, useWizard } from '../kit/form/Wizard'
import { WizardDialog } from '../kit/form/WizardDialog'
import { Message } from '../kit/Message'
import { usePermissionWords } from '../kit/permission'
import { useMe } from '../kit/rights'
import { usePlace } from '../kit/scope'
import { Tag } from '../kit/status'
import { useNow } from '../kit/When'
import { useFormat } from '../text/i18n'
import { Chip } from './Chip'
import { scopeName } from './scopeName'
import { useChanged } from './changed'
import { bodyOf, endsAt, entriesOf, rebasedEntries, startsAt, wrongIn, type Entries, type Wrong } from './entries'
import { changeAssignment, createAssignment, readAssignment, useScopes, type Assignment, type Role, type RoleList } from './queries'
import { Refused } from './Refused'
import { useRoleName } from './roleName'
import { ScopeField } from './ScopeField'
import { endOf, sentenceOf, startOf, whereOf } from './sentence'

interface AssignmentWizardProps {
  readonly role: Role
  readonly list: RoleList
  /** The one that is changed; absent for a new one. */
  readonly assignment: Assignment | undefined
  readonly onClose: () => void
}

/** At most so many: the server refuses more. */
const mostMembers = 500

/** Gives a role to people: what it is called, who, where, and then one sentence that says it all (screens.md 4.6). */
export function AssignmentWizard({ role, list, assignment, onClose }: AssignmentWizardProps) {
  const { t } = useTranslation('access')
  const { customer, customerName = '' } = usePlace()
  const asks = approves(useMe(), 'assignment', customer)
  const format = useFormat()
  const now = useNow()
  const changed = useChanged()
  const roleName = useRoleName()(role)
  const scopes = useScopes('').data
  const allAllowed = scopes?.all.allowed ?? list.everywhere
  const [was, setWas] = useState(assignment)
  const [start] = useState(() => entriesOf(assignment, list.everywhere))
  const [entries, setEntries] = useState(start)
  const [theirs, setTheirs] = useState<string>()
  const [refused, setRefused] = useState<unknown>()
  const change = (part: Partial<Entries>) => {
    setEntries((before) => ({ ...before, ...part }))
    setRefused(undefined)
  }
  const wrong = wrongIn(entries, was, now)
  const rooms = scopes?.all.rooms ?? 0
  const said = {
    members: entries.members,
    things: role.permissions.filter((one) => list.ceiling.includes(one)).length,
    scopes: entries.where === 'all' ? [{ kind: 'all', rooms }] : entries.scopes,
    startsAt: startsAt(entries, was),
    endsAt: endsAt(entries, was, now),
  }
  const words = (...names: (keyof Wrong)[]) => names.flatMap((name) => (wrong[name] === undefined ? [] : [t(`assign.wrong.${wrong[name]}`)]))

  const send = async () => {
    setTheirs(undefined)
    setRefused(undefined)
    const body = bodyOf(entries, was, Date.now())
    try {
      const saved = was === undefined ? await createAssignment(customer, role.id, body) : await changeAssignment(customer, was, body)
      await changed(t(was === undefined ? 'assign.made' : 'assign.saved', { name: saved.name }))
      onClose()
    } catch (error) {
      if (was !== undefined && error instanceof ApiError && error.status === 412) {
        // Mine stay, theirs are taken over where I changed nothing; the person looks at it and saves again.
        const latest = await readAssignment(customer, was.id)
        setEntries(rebasedEntries(entriesOf(was, allAllowed), entries, entriesOf(latest, allAllowed)))
        setWas(latest)
        setTheirs(latest.changedBy)
        void changed()
        return
      }
      if (error instanceof Waits) throw error // sent: the wizard has nothing more to do
      setRefused(error)
    }
  }
  const steps: readonly Step[] = [
    {
      id: 'name',
      label: t('assign.step.name'),
      summary: entries.name,
      problems: words('name', 'startDate', 'endDate'),
      content: () => <NameStep entries={entries} change={change} wrong={wrong} was={was} />,
    },
    {
      id: 'members',
      label: t('assign.step.members'),
      summary: t('assign.memberCount', { count: entries.members.length }),
      problems: words('members'),
      content: () => <MembersStep entries={entries} change={change} />,
    },
    {
      id: 'scope',
      label: t('assign.step.scope'),
      summary: whereOf(said.scopes, t, format),
      problems: words('scopes'),
      content: () => <ScopeField entries={entries} change={change} all={scopes?.all ?? { allowed: list.everywhere, rooms: 0 }} />,
    },
    {
      id: 'review',
      label: t('assign.step.review'),
      content: () => (
        <>
          {theirs !== undefined && <Message tone="warning" title={t('assign.staleTitle', { name: theirs })}>{t('assign.staleText')}</Message>}
          {refused !== undefined && <Refused error={refused} />}
          <p className="rsays">{sentenceOf(said, t, format)}</p>
          <ReviewPart title={t('assign.name')} step="name">
            <div className="stack">
              <span>
                {entries.name} <span className="mut">{entries.description}</span>
              </span>
              <span className="sec">
                {[
                  said.startsAt !== undefined && t('assign.from', { when: startOf(said.startsAt, format) }),
                  said.endsAt === undefined ? t('assign.never') : t('assign.until', { when: endOf(said.endsAt, format) }),
                  entries.mail ? t('assign.mailYes') : t('assign.mailNo'),
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
            </div>
          </ReviewPart>
          <ReviewPart title={t('assign.members')} step="members">
            <span className="chips wrap">
              {entries.members.map((member) => (
                <Chip key={member.id} kind={member.kind} name={member.name} />
              ))}
            </span>
          </ReviewPart>
          <ReviewPart title={t('assign.scope')} step="scope">
            {entries.where === 'all' ? t('scope.allRooms', { count: rooms }) : format.list(entries.scopes.map((scope) => scopeName(scope, t)))}
          </ReviewPart>
          <Things role={role} list={list} />
        </>
      ),
    },
  ]
  return (
    <WizardDialog
      open
      title={was === undefined ? t('assign.newTitle', { role: roleName }) : t('assign.editTitle', { name: was.name })}
      steps={steps}
      submit={was === undefined ? t(asks ? 'assign.ask' : 'assign.give') : t(asks ? 'assign.askChange' : 'roles.save')}
      note={asks ? t('roles.asksNote', { customer: customerName }) : t('roles.holds')}
      send={send}
      onCancel={onClose}
      dirty={JSON.stringify(entries) !== JSON.stringify(start)}
      atReview={assignment !== undefined}
    />
  )
}

interface StepProps {
  readonly entries: Entries
  readonly change: (part: Partial<Entries>) => void
}

/** Today where the person is, as a date field has it. */
function today(): string {
  const now = new Date()
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10)
}

function NameStep({ entries, change, wrong, was }: StepProps & { wrong: Wrong; was: Assignment | undefined }) {
  const { t } = useTranslation('access')
  const format = useFormat()
  const { tried } = useWizard()
  const nothing = () => undefined
  const reason = (name: 'name' | 'startDate' | 'endDate') => {
    const code = wrong[name]
    return tried && code !== undefined ? t(`assign.wrong.${code}`) : undefined
  }
  const common = { onLeave: nothing, reason: undefined }
  return (
    <div className="form">
      <TextField
        name="name"
        label={t('assign.name')}
        hint={t('assign.nameHint')}
        required
        maxLength={100}
        value={entries.name}
        onChange={(name) => change({ name })}
        onLeave={nothing}
        reason={reason('name')}
      />
      <AreaField name="description" label={t('assign.note')} rows={2} maxLength={500} value={entries.description} onChange={(description) => change({ description })} {...common} />
      <div className="rpair">
        <div className="stack">
          <ChoiceField
            name="start"
            label={t('assign.starts')}
            value={entries.start}
            onChange={(start) => change({ start })}
            options={[
              ...(was?.startsAt === undefined ? [] : [{ value: 'keep' as const, label: t('assign.asNow', { when: startOf(was.startsAt, format) }) }]),
              { value: 'now', label: t('assign.startNow') },
              { value: 'date', label: t('assign.startDate') },
            ]}
            {...common}
          />
          {entries.start === 'date' && (
            <DateField name="startDate" label={t('assign.startDay')} min={today()} value={entries.startDate} onChange={(startDate) => change({ startDate })} onLeave={nothing} reason={reason('startDate')} />
          )}
        </div>
        <div className="stack">
          <ChoiceField
            name="end"
            label={t('assign.ends')}
            value={entries.end}
            onChange={(end) => change({ end })}
            options={[
              ...(was?.endsAt === undefined ? [] : [{ value: 'keep' as const, label: t('assign.asNow', { when: endOf(was.endsAt, format) }) }]),
              { value: 'none', label: t('assign.endNone') },
              { value: 'day', label: t('assign.endDay') },
              { value: 'week', label: t('assign.endWeek') },
              { value: 'date', label: t('assign.endDate') },
            ]}
            {...common}
            reason={entries.end === 'date' ? undefined : reason('endDate')}
          />
          {entries.end === 'date' && (
            <DateField name="endDate" label={t('assign.endLast')} min={today()} value={entries.endDate} onChange={(endDate) => change({ endDate })} onLeave={nothing} reason={reason('endDate')} />
          )}
        </div>
      </div>
      <CheckField name="mail" label={t('assign.mailWanted')} hint={t('assign.mailHint')} value={entries.mail} onChange={(mail) => change({ mail })} {...common} />
    </div>
  )
}

function MembersStep({ entries, change }: StepProps) {
  const { t } = useTranslation('access')
  const { tried } = useWizard()
  return (
    <div className="form">
      <PeoplePicker
        name="members"
        label={t('assign.members')}
        hint={t('assign.membersHint')}
        required
        max={mostMembers}
        search={findPeople}
        value={entries.members}
        onChange={(members) => change({ members })}
        onLeave={() => undefined}
        reason={tried && entries.members.length === 0 ? t('assign.wrong.memberNeeded') : undefined}
      />
    </div>
  )
}

/** What the role allows, with what the customer cuts off. It is changed in the role, for all who have it. */
function Things({ role, list }: { role: Role; list: RoleList }) {
  const { t } = useTranslation('access')
  const { customerName = '' } = usePlace()
  const words = usePermissionWords()
  const granted = role.permissions.filter((one) => list.ceiling.includes(one))
  const cut = role.permissions.length - granted.length
  return (
    <section className="review">
      <h3>{t('assign.things')}</h3>
      <div className="grow stack">
        <span className="rtags">
          {granted.map((one) => (
            <Tag key={one}>
              {words.whole(one)}
            </Tag>
          ))}
        </span>
        {cut > 0 && <span className="mut sm">{t('assign.cut', { count: cut, customer: customerName })}</span>}
      </div>
    </section>
  )
}
