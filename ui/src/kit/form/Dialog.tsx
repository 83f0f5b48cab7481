import { useEffect, useId, useRef, useState, type ReactNode, type RefObject } from 'react'
import { Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from '@fluentui/react-components'
import { useTranslation } from 'react-i18next'
import { Waits } from '../../api/client'
import { Button, IconButton } from '../Button'
import { Failure } from '../Failure'
import { IconClose } from '../icons'
import { FormBody } from './Form'
import type { FormState } from './useForm'

interface PlainDialogProps {
  readonly open: boolean
  readonly title: string
  /** As wide as a wizard: for tables. */
  readonly big?: boolean
  readonly onClose: () => void
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** A dialog that shows something. Esc and a click beside it close it. */
export function PlainDialog({ open, title, big, onClose, actions, children }: PlainDialogProps) {
  const { t } = useTranslation()
  return (
    <Dialog open={open} onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface className={big ? 'dialog big' : 'dialog'}>
        <DialogBody>
          <DialogTitle action={<IconButton icon={IconClose} label={t('kit.close')} onClick={onClose} />}>{title}</DialogTitle>
          <DialogContent>{children}</DialogContent>
          {actions !== undefined && <DialogActions>{actions}</DialogActions>}
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}

interface FormDialogProps<V> {
  readonly open: boolean
  readonly title: string
  readonly form: FormState<V>
  /** The verb of the button: "Suppress". */
  readonly submit: string
  readonly danger?: boolean
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A dialog with a form. It stays open while the server refuses; its errors stand at the fields. What waits for the customer was sent: the form goes. */
export function FormDialog<V>({ open, title, form, submit, danger, onClose, children }: FormDialogProps<V>) {
  const { t } = useTranslation()
  const id = useId()
  const waits = form.failure instanceof Waits
  const close = useFocusWhen(waits)
  return (
    <Dialog open={open} onOpenChange={(_, data) => !data.open && !form.busy && onClose()}>
      <DialogSurface className="dialog">
        <DialogBody>
          <DialogTitle action={null}>{title}</DialogTitle>
          <DialogContent>
            {waits ? (
              <Failure error={form.failure} />
            ) : (
              <FormBody id={id} form={form}>
                {children}
              </FormBody>
            )}
          </DialogContent>
          <DialogActions>
            {!waits && (
              <Button type="submit" form={id} kind={danger ? 'danger' : 'primary'} busy={form.busy}>
                {submit}
              </Button>
            )}
            <Button ref={close} onClick={onClose}>
              {t(waits ? 'kit.close' : 'kit.cancel')}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}

interface ConfirmDialogProps {
  readonly open: boolean
  /** Names the customer and the number: "Unenroll 6 rooms of Northwind?". */
  readonly title: string
  /** The verb of the button: "Unenroll". */
  readonly action: string
  readonly danger?: boolean
  /** A name that must be typed first: removing a customer or partner. */
  readonly typed?: string
  readonly typedLabel?: string
  readonly run: () => Promise<unknown>
  readonly onClose: () => void
  readonly children?: ReactNode
}

/** Asks before something that cannot be taken back. Cancel has the focus; a failure stays in the dialog (screens.md 3, Danger). */
export function ConfirmDialog(props: ConfirmDialogProps) {
  return (
    <Dialog modalType="alert" open={props.open} onOpenChange={(_, data) => !data.open && props.onClose()}>
      <DialogSurface className="dialog">{props.open && <Confirm {...props} />}</DialogSurface>
    </Dialog>
  )
}

/** The button that closes, and has the focus once the one that was pressed is gone. */
export function useFocusWhen(gone: boolean): RefObject<HTMLButtonElement | null> {
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (gone) button.current?.focus()
  }, [gone])
  return button
}

/** Puts the focus where a dialog should begin, after Fluent has put it on the first button. */
export function useBeginAt(target: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const timer = setTimeout(() => target.current?.focus())
    return () => clearTimeout(timer)
  }, [target])
}

function Confirm({ title, action, danger, typed, typedLabel, run, onClose, children }: ConfirmDialogProps) {
  const { t } = useTranslation()
  const id = useId()
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<unknown>(undefined)
  const [text, setText] = useState('')
  const waits = failed instanceof Waits
  const cancel = useFocusWhen(waits)
  useBeginAt(cancel)
  const missing = typed !== undefined && text.trim() !== typed
  const go = async () => {
    setBusy(true)
    setFailed(undefined)
    try {
      await run()
      onClose()
    } catch (error) {
      setFailed(error)
    } finally {
      setBusy(false)
    }
  }
  const label = typedLabel ?? t('form.typeToConfirm', { name: typed ?? '' })
  return (
    <DialogBody>
      <DialogTitle>{title}</DialogTitle>
      <DialogContent>
        <div className="stack">
          {children}
          {typed !== undefined && (
            <div className="stack">
              <label htmlFor={id}>{label}</label>
              <input
                id={id}
                className="field"
                autoComplete="off"
                spellCheck={false}
                value={text}
                onChange={(event) => setText(event.target.value)}
              />
            </div>
          )}
          {failed !== undefined && <Failure error={failed} />}
        </div>
      </DialogContent>
      <DialogActions>
        {!waits && (
          <Button kind={danger ? 'danger' : 'primary'} busy={busy} disabledReason={missing ? label : undefined} onClick={() => void go()}>
            {action}
          </Button>
        )}
        <Button ref={cancel} onClick={onClose}>
          {t(waits ? 'kit.close' : 'kit.cancel')}
        </Button>
      </DialogActions>
    </DialogBody>
  )
}
