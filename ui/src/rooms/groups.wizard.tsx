import { useBlocker } from '@tanstack/react-router'
import { useRef, useState, type RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../api/client'
import { Failure, Loaded } from '../kit/Failure'
import { PlainDialog } from '../kit/form/Dialog'
import { AreaField, ChoiceField, TextField } from '../kit/form/fields'
import { LeaveDialog } from '../kit/form/LeaveDialog'
import type { Step } from '../kit/form/spec'
import { ReviewPart, useWizard } from '../kit/form/Wizard'
import { WizardDialog } from '../kit/form/WizardDialog'
import { Message } from '../kit/Message'
import { usePlace } from '../kit/scope'
import { draftOf, rebased, wrongRooms, type Draft, type Group, type GroupRoom } from './groups.draft'
import { RoomPick } from './groups.pick'
import { WhatChanges } from './groups.preview'
import { changeGroup, createGroup, readAllRooms, readGroup, useGroupsChanged, useGroupToChange } from './groups.queries'
import { RulesField } from './groups.rules'
import { useRuleSentence } from './groups.words'

interface GroupWizardProps {
  /** The one that is changed; absent for a new one. */
  readonly group: Group | undefined
  /** A new one may have rules. */
  readonly mayRules: boolean
  readonly onClose: () => void
  readonly onMade: (made: Group) => void
}

/** Makes a group or changes one: its name, its rooms, and then what that does. */
export function GroupWizard(props: GroupWizardProps) {
  return props.group === undefined ? <Steps {...props} start={undefined} /> : <Change {...props} group={props.group} />
}

/** A change begins with all rooms that the group has. */
function Change({ group, ...props }: GroupWizardProps & { group: Group }) {
  const { t } = useTranslation('rooms')
  const { customer, me } = usePlace()
  const query = useGroupToChange(group.id)
  const [start, setStart] = useState(query.data)
  // What was read first is what is changed: a later read must not move it under the person's hands.
  if (start === undefined && query.data !== undefined) setStart(query.data)
  if (start === undefined) {
    return (
      <PlainDialog open title={t('groups.editTitle', { name: group.name })} onClose={props.onClose}>
        <Loaded query={query} lines={6}>
          {() => null}
        </Loaded>
      </PlainDialog>
    )
  }
  const everywhere = me.holdings.find((holding) => holding.customerId === customer)?.everywhere.includes('groups.modify') === true
  return <Steps {...props} group={group} mayRules={everywhere} start={start} />
}

interface StepsProps extends GroupWizardProps {
  /** What is changed, as it was read. */
  readonly start: { readonly group: Group; readonly rooms: readonly GroupRoom[] } | undefined
}

function Steps({ mayRules, start, onClose, onMade }: StepsProps) {
  const { t } = useTranslation('rooms')
  const { customer } = usePlace()
  const sentence = useRuleSentence()
  const changed = useGroupsChanged()
  const [was, setWas] = useState(start)
  const [first] = useState(() => draftOf(start?.group, start?.rooms ?? []))
  const [draft, setDraft] = useState(first)
  const [theirs, setTheirs] = useState<string>()
  const [refused, setRefused] = useState<unknown>()
  const done = useRef(false)
  const change = (part: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...part }))
    setRefused(undefined)
  }
  const dirty = JSON.stringify(draft) !== JSON.stringify(first)
  const isNew = was === undefined
  const wrong = wrongRooms(draft, isNew).map((code) => t(`groups.wrong.${code}`))
  const shown = wrong.length === 0 ? draft : undefined
  const group = was?.group.id

  const send = async () => {
    setTheirs(undefined)
    setRefused(undefined)
    try {
      const saved = was === undefined ? await createGroup(customer, draft) : await changeGroup(customer, was.group, draft)
      done.current = true
      void changed(t(isNew ? 'groups.made' : 'groups.saved', { name: saved.name }))
      onClose()
      if (isNew) onMade(saved)
    } catch (error) {
      if (was === undefined || !(error instanceof ApiError) || error.status !== 412) return setRefused(error)
      // Mine stay, theirs are taken over where I changed nothing; the person looks at it and saves again.
      const latest = await readGroup(customer, was.group.id)
      const rooms = await readAllRooms(customer, was.group.id)
      setDraft(rebased(draftOf(was.group, was.rooms), draft, draftOf(latest, rooms)))
      setWas({ group: latest, rooms })
      setTheirs(latest.changedBy)
      void changed()
    }
  }
  const which =
    draft.kind === 'fixed' ? (
      t('groups.chosenRooms', { count: draft.rooms.length })
    ) : (
      <ul className={draft.rules.length > 1 ? 'bullets' : undefined}>
        {draft.rules.map((rule, i) => (
          <li key={i}>{sentence(rule)}</li>
        ))}
      </ul>
    )
  const steps: readonly Step[] = [
    {
      id: 'name',
      label: t('groups.name'),
      summary: draft.name,
      problems: draft.name.trim() === '' ? [t('groups.wrong.nameNeeded')] : [],
      content: () => <NameStep draft={draft} change={change} mayRules={mayRules || was?.group.kind === 'rules'} />,
    },
    {
      id: 'rooms',
      label: t('groups.rooms'),
      summary: draft.kind === 'fixed' ? t('groups.roomCount', { count: draft.rooms.length }) : t('groups.ruleCount', { count: draft.rules.length }),
      problems: wrong,
      content: () => (
        <>
          {draft.kind === 'fixed' ? (
            <RoomPick rooms={draft.rooms} onChange={(rooms) => change({ rooms })} />
          ) : (
            <RulesField rules={draft.rules} onChange={(rules) => change({ rules })} />
          )}
          <WhatChanges group={group} draft={shown} />
        </>
      ),
    },
    {
      id: 'review',
      label: t('groups.review'),
      content: () => (
        <>
          {theirs !== undefined && (
            <Message tone="warning" title={t('groups.staleTitle', { name: theirs })}>
              {t('groups.staleText')}
            </Message>
          )}
          {refused !== undefined && <Failure error={refused} />}
          <ReviewPart title={t('groups.name')} step="name">
            {draft.name} <span className="mut">{draft.description}</span>
          </ReviewPart>
          <ReviewPart title={t('groups.rooms')} step="rooms">
            {which}
          </ReviewPart>
          <WhatChanges group={group} draft={shown} />
        </>
      ),
    },
  ]
  return (
    <>
      <WizardDialog
        open
        title={was === undefined ? t('groups.newTitle') : t('groups.editTitle', { name: was.group.name })}
        steps={steps}
        submit={t(isNew ? 'groups.make' : 'groups.save')}
        note={t('groups.holds')}
        send={send}
        onCancel={onClose}
        dirty={dirty}
        atReview={start !== undefined}
      />
      <AskToLeave dirty={dirty} done={done} />
    </>
  )
}

/** Going to another page with changes asks first, as closing the dialog does. */
function AskToLeave({ dirty, done }: { dirty: boolean; done: RefObject<boolean> }) {
  const asks = () => dirty && !done.current
  const guard = useBlocker({ shouldBlockFn: asks, enableBeforeUnload: asks, withResolver: true })
  return guard.status === 'blocked' ? <LeaveDialog onLeave={guard.proceed} onStay={guard.reset} /> : null
}

interface NameStepProps {
  readonly draft: Draft
  readonly change: (part: Partial<Draft>) => void
  readonly mayRules: boolean
}

function NameStep({ draft, change, mayRules }: NameStepProps) {
  const { t } = useTranslation('rooms')
  const { tried } = useWizard()
  const common = { onLeave: () => undefined, reason: undefined }
  return (
    <div className="form">
      <TextField
        {...common}
        name="name"
        label={t('groups.name')}
        required
        maxLength={100}
        value={draft.name}
        onChange={(name) => change({ name })}
        reason={tried && draft.name.trim() === '' ? t('groups.wrong.nameNeeded') : undefined}
      />
      <AreaField
        {...common}
        name="description"
        label={t('groups.description')}
        rows={2}
        maxLength={500}
        value={draft.description}
        onChange={(description) => change({ description })}
      />
      <ChoiceField
        {...common}
        name="kind"
        label={t('groups.kind')}
        value={draft.kind}
        onChange={(kind) => change({ kind })}
        options={[
          { value: 'fixed', label: t('groups.kinds.fixed'), hint: t('groups.fixedHint') },
          { value: 'rules', label: t('groups.kinds.rules'), hint: t('groups.rulesKindHint'), disabledReason: mayRules ? undefined : t('groups.mayNotRules') },
        ]}
      />
    </div>
  )
}
