import { useRef, useState } from 'react'
import { ApiError } from '../../api/client'
import type { FormSpec, Reasons } from './spec'

/** What a field is given: spread it on the field. */
export interface FieldProps<T> {
  readonly name: string
  readonly value: T
  readonly onChange: (value: T) => void
  readonly onLeave: () => void
  readonly reason: string | undefined
}

/** A form in progress. */
export interface FormState<V> {
  readonly values: V
  readonly set: <K extends keyof V & string>(name: K, value: V[K]) => void
  readonly field: <K extends keyof V & string>(name: K) => FieldProps<V[K]>
  readonly reasons: Reasons<V>
  /** What the server refused and no field can show. */
  readonly failure: unknown
  readonly busy: boolean
  readonly dirty: boolean
  /** Checks and sends; resolves to whether it was done. */
  readonly submit: () => Promise<boolean>
  readonly reset: (values?: V) => void
  /** Counts refused attempts: the form moves the focus to the first field with a reason. */
  readonly refused: number
}

/**
 * The reasons of a problem by field: `body.rooms[2].id` is the field `id`, or what `fieldOf` says; a field that the form
 * does not have is not swallowed: `rest` is true and the failure is shown above the form.
 */
export function reasonsOf<V extends object>(
  error: ApiError,
  values: V,
  fieldOf?: (location: string) => (keyof V & string) | undefined,
): { reasons: Reasons<V>; rest: boolean } {
  const reasons: Partial<Record<string, string>> = {}
  let rest = error.fields.length === 0
  for (const { location, message } of error.fields) {
    const name = fieldOf?.(location) ?? nameIn(location, values)
    if (name === undefined) rest = true
    else reasons[name] ??= message
  }
  return { reasons: reasons as Reasons<V>, rest }
}

/** The innermost part of a location that is a field: "body.scope.groups[0]" → groups, else scope. */
function nameIn(location: string, values: object): string | undefined {
  const parts = location.split(/[./[\]]+/).filter((part) => part !== '' && !/^\d+$/.test(part))
  return parts.findLast((part) => Object.hasOwn(values, part))
}

/** The state of a form: values, reasons at the fields, sending. */
export function useForm<V extends object>(spec: FormSpec<V>): FormState<V> {
  const [values, setValues] = useState(spec.initial)
  const [start, setStart] = useState(spec.initial)
  const [reasons, setReasons] = useState<Reasons<V>>({})
  const [failure, setFailure] = useState<unknown>(undefined)
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState(0)
  const sending = useRef(false)

  const set = <K extends keyof V & string>(name: K, value: V[K]) => {
    setValues((before) => ({ ...before, [name]: value }))
    setReasons((before) => without(before, name)) // the reason was about the former value
  }
  const leave = (name: keyof V & string) => {
    const reason = spec.check?.(values)[name]
    setReasons((before) => (reason === undefined ? before : { ...before, [name]: reason }))
  }
  const submit = async () => {
    if (sending.current) return false // a second Enter must not send twice
    const wrong = spec.check?.(values) ?? {}
    setReasons(wrong)
    setFailure(undefined)
    if (Object.values(wrong).some((reason) => reason !== undefined)) {
      setRefused((n) => n + 1)
      return false
    }
    sending.current = true
    setBusy(true)
    try {
      await spec.send(values)
    } catch (error) {
      const found = error instanceof ApiError ? reasonsOf(error, values, spec.fieldOf) : { reasons: {}, rest: true }
      setReasons(found.reasons)
      setFailure(found.rest ? error : undefined)
      setRefused((n) => n + 1)
      return false
    } finally {
      sending.current = false
      setBusy(false)
    }
    setStart(values)
    spec.done?.()
    return true
  }
  return {
    values,
    set,
    field: (name) => ({
      name,
      value: values[name],
      onChange: (value) => set(name, value),
      onLeave: () => leave(name),
      reason: reasons[name],
    }),
    reasons,
    failure,
    busy,
    dirty: JSON.stringify(values) !== JSON.stringify(start),
    submit,
    reset: (next = spec.initial) => {
      setValues(next)
      setStart(next)
      setReasons({})
      setFailure(undefined)
    },
    refused,
  }
}

function without<V>(reasons: Reasons<V>, name: keyof V & string): Reasons<V> {
  if (reasons[name] === undefined) return reasons
  const rest = { ...reasons }
  delete rest[name]
  return rest
}
