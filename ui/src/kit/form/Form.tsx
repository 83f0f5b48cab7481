import { useEffect, useRef, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../Button'
import { Failure } from '../Failure'
import type { FormState } from './useForm'

/** What the server refused and no field shows. */
export function FormFailure({ form }: { form: Pick<FormState<never>, 'failure'> }) {
  return form.failure === undefined ? null : <Failure error={form.failure} />
}

/** The form element with its failure and fields; after a refusal the focus goes to the first field with a reason. */
export function FormBody<V>({ id, form, children }: { id?: string; form: FormState<V>; children: ReactNode }) {
  const element = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (form.refused > 0) element.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [form.refused])
  return (
    <form
      id={id}
      ref={element}
      className="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        event.stopPropagation() // a form in a dialog is not the form of the page below
        void form.submit()
      }}
    >
      <FormFailure form={form} />
      {children}
    </form>
  )
}

interface FormProps<V> {
  readonly form: FormState<V>
  /** The verb of the button. */
  readonly submit: string
  readonly danger?: boolean
  readonly disabledReason?: string
  readonly cancel?: string
  readonly onCancel?: () => void
  readonly children: ReactNode
}

/** A form with its buttons. */
export function Form<V>({ form, submit, danger, disabledReason, cancel, onCancel, children }: FormProps<V>) {
  const { t } = useTranslation()
  return (
    <FormBody form={form}>
      {children}
      <div className="row">
        <Button type="submit" kind={danger ? 'danger' : 'primary'} busy={form.busy} disabledReason={disabledReason}>
          {submit}
        </Button>
        {onCancel && <Button onClick={onCancel}>{cancel ?? t('kit.cancel')}</Button>}
      </div>
    </FormBody>
  )
}
