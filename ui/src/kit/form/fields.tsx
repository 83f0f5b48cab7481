import { useId, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { FieldProps } from './useForm'

interface Common {
  readonly label: string
  readonly hint?: ReactNode
  readonly required?: boolean
  /** Why it cannot be changed now. */
  readonly disabledReason?: string | undefined
}

interface Attributes {
  readonly id: string
  readonly name: string
  readonly 'aria-invalid': boolean | undefined
  readonly 'aria-describedby': string | undefined
  readonly 'aria-required': boolean | undefined
  readonly disabled: boolean
}

interface ShellProps extends Common {
  readonly name: string
  readonly reason: string | undefined
  readonly children: (attributes: Attributes) => ReactNode
}

/** The star of what has to be given; the attribute of the control says it to screen readers. */
function Star() {
  const { t } = useTranslation()
  return (
    <span className="req" title={t('form.required')} aria-hidden>
      *
    </span>
  )
}

interface UnderProps {
  /** Of the control; the lines are called by it. */
  readonly id: string
  readonly reason: string | undefined
  readonly hint: ReactNode
}

/** What stands under a control: why it is refused, and its hint. */
function Under({ id, reason, hint }: UnderProps) {
  return (
    <>
      {reason !== undefined && (
        <p id={`${id}-r`} className="reason" role="alert">
          {reason}
        </p>
      )}
      {hint !== undefined && (
        <p id={`${id}-h`} className="hint">
          {hint}
        </p>
      )}
    </>
  )
}

/** The lines of Under, as aria-describedby names them. */
function describedBy({ id, reason, hint }: UnderProps): string | undefined {
  return [hint !== undefined && `${id}-h`, reason !== undefined && `${id}-r`].filter(Boolean).join(' ') || undefined
}

/** Label, hint and reason of one control, tied together for screen readers. Exported for controls of features. */
export function Field({ label, hint, required, disabledReason, name, reason, children }: ShellProps) {
  const id = useId()
  const under = { id, reason, hint: disabledReason ?? hint }
  return (
    <div className={reason === undefined ? 'fld' : 'fld bad'}>
      <label htmlFor={id}>
        {label}
        {required && <Star />}
      </label>
      {children({
        id,
        name,
        'aria-invalid': reason !== undefined || undefined,
        'aria-describedby': describedBy(under),
        'aria-required': required || undefined,
        disabled: disabledReason !== undefined,
      })}
      <Under {...under} />
    </div>
  )
}

interface TextFieldProps extends FieldProps<string>, Common {
  readonly type?: 'text' | 'email' | 'url' | 'search' | 'time' | 'password'
  /** Ids and addresses. */
  readonly mono?: boolean
  readonly suffix?: string
  readonly placeholder?: string
  readonly maxLength?: number
  readonly autoFocus?: boolean
}

/** One line of text. */
export function TextField({ value, onChange, onLeave, type = 'text', mono, suffix, placeholder, maxLength, autoFocus, ...common }: TextFieldProps) {
  return (
    <Field {...common}>
      {(attributes) => (
        <span className="row">
          <input
            {...attributes}
            className={mono ? 'field mono' : 'field'}
            type={type}
            value={value}
            placeholder={placeholder}
            maxLength={maxLength}
            autoFocus={autoFocus}
            autoComplete={type === 'password' ? 'new-password' : 'off'}
            onChange={(event) => onChange(event.target.value)}
            onBlur={onLeave}
          />
          {suffix !== undefined && <span className="mut">{suffix}</span>}
        </span>
      )}
    </Field>
  )
}

/** Several lines of text. */
export function AreaField({ value, onChange, onLeave, rows = 3, maxLength, ...common }: FieldProps<string> & Common & { rows?: number; maxLength?: number }) {
  return (
    <Field {...common}>
      {(attributes) => (
        <textarea
          {...attributes}
          className="field"
          rows={rows}
          maxLength={maxLength}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          onBlur={onLeave}
        />
      )}
    </Field>
  )
}

interface NumberFieldProps extends FieldProps<number | undefined>, Common {
  readonly min?: number
  readonly max?: number
  readonly suffix?: string
}

/** A whole number; empty is undefined. */
export function NumberField({ value, onChange, onLeave, min, max, suffix, ...common }: NumberFieldProps) {
  return (
    <Field {...common}>
      {(attributes) => (
        <span className="row">
          <input
            {...attributes}
            className="field short"
            type="number"
            inputMode="numeric"
            min={min}
            max={max}
            value={value ?? ''}
            onChange={(event) => {
              const number = event.target.value === '' ? Number.NaN : Number(event.target.value)
              onChange(Number.isFinite(number) ? number : undefined)
            }}
            onBlur={onLeave}
          />
          {suffix !== undefined && <span className="mut">{suffix}</span>}
        </span>
      )}
    </Field>
  )
}

/** A day, as 'YYYY-MM-DD', or ''. */
export function DateField({ value, onChange, onLeave, min, max, ...common }: FieldProps<string> & Common & { min?: string; max?: string }) {
  return (
    <Field {...common}>
      {(attributes) => (
        <input
          {...attributes}
          className="field short"
          type="date"
          min={min}
          max={max}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          onBlur={onLeave}
        />
      )}
    </Field>
  )
}

/** One thing to choose. */
export interface Option<T extends string = string> {
  readonly value: T
  readonly label: string
  readonly hint?: string
  readonly disabledReason?: string | undefined
}

interface ChoiceProps<T extends string> extends FieldProps<T>, Common {
  readonly options: readonly Option<T>[]
}

/** One of a few, all in sight: radio buttons with a line of explanation each. */
export function ChoiceField<T extends string>({ value, onChange, onLeave, options, label, hint, required, disabledReason, name, reason }: ChoiceProps<T>) {
  const id = useId()
  const under = { id, reason, hint: disabledReason ?? hint }
  return (
    <div
      className={reason === undefined ? 'fld' : 'fld bad'}
      role="radiogroup"
      data-field={name}
      aria-labelledby={id}
      aria-describedby={describedBy(under)}
      aria-invalid={reason !== undefined || undefined}
      tabIndex={-1}
    >
      <span id={id} className="lbl">
        {label}
        {required && <Star />}
      </span>
      {options.map((o) => (
        <Tick key={o.value} option={o} off={disabledReason !== undefined}>
          {(attributes) => (
            <input {...attributes} type="radio" name={`${id}-o`} checked={value === o.value} onChange={() => onChange(o.value)} onBlur={onLeave} />
          )}
        </Tick>
      ))}
      <Under {...under} />
    </div>
  )
}

/** Yes or no. */
export function CheckField({ value, onChange, onLeave, label, hint, disabledReason, name, reason }: FieldProps<boolean> & Common) {
  const under = { id: useId(), reason, hint: undefined }
  return (
    <div className={reason === undefined ? 'fld' : 'fld bad'}>
      <Tick option={{ value: name, label, hint: typeof hint === 'string' ? hint : undefined, disabledReason }} off={false}>
        {(attributes) => (
          <input
            {...attributes}
            name={name}
            type="checkbox"
            checked={value}
            aria-invalid={reason !== undefined || undefined}
            aria-describedby={[attributes['aria-describedby'], describedBy(under)].filter(Boolean).join(' ') || undefined}
            onChange={(event) => onChange(event.target.checked)}
            onBlur={onLeave}
          />
        )}
      </Tick>
      <Under {...under} />
    </div>
  )
}

interface TickProps {
  readonly option: Option
  readonly off: boolean
  readonly children: (attributes: { disabled: boolean; 'aria-describedby': string | undefined }) => ReactNode
}

function Tick({ option, off, children }: TickProps) {
  const id = useId()
  const under = option.disabledReason ?? option.hint
  return (
    <div>
      <label className="tick">
        {children({ disabled: off || option.disabledReason !== undefined, 'aria-describedby': under === undefined ? undefined : id })}
        <span>{option.label}</span>
      </label>
      {under !== undefined && (
        <p id={id} className="hint in">
          {under}
        </p>
      )}
    </div>
  )
}
