import { useBlocker } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError, Waits } from '../api/client'
import { textOf, type Search } from '../kit/address'
import { Button } from '../kit/Button'
import { AreaField, TextField } from '../kit/form/fields'
import { LeaveDialog } from '../kit/form/LeaveDialog'
import { Message } from '../kit/Message'
import { useFormat } from '../text/i18n'
import { useChanged } from './changed'
import type { Draft, Settable, Versioned } from './draft'
import { Refused } from './Refused'

interface EditorSpec<T extends Versioned> {
  readonly draft: Draft<T>
  readonly send: (base: T, values: Settable) => Promise<unknown>
  readonly said: string
}

interface Editor {
  readonly busy: boolean
  readonly failure: unknown
  /** A name is missing and saving was tried. */
  readonly nameReason: string | undefined
  readonly save: () => Promise<void>
  readonly discard: () => void
}

/** Saves a draft: with its version, so that nobody's change is lost; Ctrl+S does it too. */
export function useEditor<T extends Versioned>({ draft, send, said }: EditorSpec<T>): Editor {
  const { t } = useTranslation('access')
  const changed = useChanged()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>()
  const [tried, setTried] = useState(false)
  const nameReason = draft.values.name.trim() === '' ? t('roles.nameNeeded') : undefined

  const save = async () => {
    setTried(true)
    if (busy || draft.count === 0 || draft.stale || nameReason !== undefined) return
    setBusy(true)
    setFailure(undefined)
    try {
      await send(draft.base, draft.values)
      await changed(said)
      draft.discard()
      setTried(false)
    } catch (error) {
      // Changed meanwhile: what is there now is read, and the bar about it asks what to do.
      if (error instanceof ApiError && error.status === 412) await changed()
      else setFailure(error)
      if (error instanceof Waits) draft.discard() // it is kept as a request
    } finally {
      setBusy(false)
    }
  }
  const latest = useRef(save)
  useEffect(() => {
    latest.current = save
  })
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 's' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return
      event.preventDefault() // saving the page as a file is never meant here
      if (document.querySelector('[role=dialog], [role=alertdialog]') === null) void latest.current()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  return {
    busy,
    failure,
    nameReason: tried ? nameReason : undefined,
    save,
    discard: () => {
      draft.discard()
      setFailure(undefined)
      setTried(false)
    },
  }
}

interface AskToLeaveProps {
  readonly dirty: boolean
  /** The part of the address that names what is changed, and what it is. Without it the page shows the same. */
  readonly parameter: string
  readonly id: string
}

/** Asks before unsaved changes are left. */
export function AskToLeave({ dirty, parameter, id }: AskToLeaveProps) {
  const guard = useBlocker({
    shouldBlockFn: ({ current, next }) => {
      const to = textOf(next.search as Search, parameter)
      const leaves = to !== id && to !== textOf(current.search as Search, parameter)
      return dirty && (leaves || current.pathname !== next.pathname)
    },
    enableBeforeUnload: () => dirty,
    withResolver: true,
  })
  return guard.status === 'blocked' ? <LeaveDialog onLeave={guard.proceed} onStay={guard.reset} /> : null
}

interface StateOfDraftProps<T extends Versioned> {
  readonly draft: Draft<T>
  readonly editor: Editor
  /** Who saved the latest version, and when. */
  readonly latest: { readonly changedBy?: string; readonly changedAt?: string }
}

/** What is in the way of saving: somebody else's change, or a refusal. */
export function StateOfDraft<T extends Versioned>({ draft, editor, latest }: StateOfDraftProps<T>) {
  const { t } = useTranslation('access')
  const format = useFormat()
  const when = latest.changedAt === undefined ? '' : format.moment(latest.changedAt)
  return (
    <>
      {draft.stale && (
        <Message
          tone="warning"
          title={latest.changedAt === undefined ? t('roles.staleBy', { name: latest.changedBy ?? '' }) : t('roles.stale', { name: latest.changedBy ?? '', when })}
          action={
            <>
              <Button small onClick={draft.rebase}>
                {t('roles.keepMine')}
              </Button>
              <Button small onClick={editor.discard}>
                {t('roles.takeTheirs')}
              </Button>
            </>
          }
        >
          {t('roles.staleText')}
        </Message>
      )}
      {editor.failure !== undefined && <Refused error={editor.failure} />}
    </>
  )
}

interface NameFieldsProps<T extends Versioned> {
  readonly draft: Draft<T>
  readonly nameReason: string | undefined
  readonly readOnly: string | undefined
}

/** Name and description of a role or template. */
export function NameFields<T extends Versioned>({ draft, nameReason, readOnly }: NameFieldsProps<T>) {
  const { t } = useTranslation('access')
  const nothing = () => undefined
  return (
    <div className="form">
      <TextField
        name="name"
        label={t('roles.name')}
        required
        maxLength={100}
        value={draft.values.name}
        onChange={(name) => draft.change({ name })}
        onLeave={nothing}
        reason={nameReason}
        disabledReason={readOnly}
      />
      <AreaField
        name="description"
        label={t('roles.description')}
        hint={t('roles.descriptionHint')}
        maxLength={500}
        value={draft.values.description}
        onChange={(description) => draft.change({ description })}
        onLeave={nothing}
        reason={undefined}
        disabledReason={readOnly}
      />
    </div>
  )
}

interface SaveBarProps {
  readonly count: number
  readonly busy: boolean
  /** Why it cannot be saved now. */
  readonly disabledReason: string | undefined
  /** The customer approves it first. */
  readonly asks?: boolean
  readonly note: string
  readonly onSave: () => void
  readonly onDiscard: () => void
}

/** The footer of what is being changed: Save, Discard, and when it holds. */
export function SaveBar({ count, busy, disabledReason, asks, note, onSave, onDiscard }: SaveBarProps) {
  const { t } = useTranslation('access')
  const nothing = count === 0 ? t('roles.noChanges') : undefined
  return (
    <div className="pfoot">
      <Button kind="primary" busy={busy} disabledReason={disabledReason ?? nothing} onClick={onSave}>
        {count === 0 ? t('roles.save') : t(asks ? 'roles.askCount' : 'roles.saveCount', { count })}
      </Button>
      <Button disabledReason={nothing} onClick={onDiscard}>
        {t('roles.discard')}
      </Button>
      <span className="mut sm">{note}</span>
    </div>
  )
}
