import { useEffect, useRef, type ReactNode } from 'react'
import { Failure } from '../Failure'
import type { FormState } from './useForm'

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
      {form.failure !== undefined && <Failure error={form.failure} />}
      {children}
    </form>
  )
}
