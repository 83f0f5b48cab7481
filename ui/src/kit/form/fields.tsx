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

/** Label, hint and reason of one control, tied together for screen readers. Exported for controls of features. */
export function Field({ label, hint, required, disabledReason, name, reason, children }: ShellProps) {
  const { t } = useTranslation()
  const id = useId()
  const under = disabledReason ?? hint
  return (
    <div className={reason === undefined ? 'fld' : 'fld bad'}>
      <label htmlFor={id}>
        {label}
        {required && (
          <span className="req" title={t('form.required')} aria-hidden>
            *
          </span>
        )}
      </label>
      {children({
        id,
        name,
        'aria-invalid': reason !== undefined || undefined,
        'aria-describedby': [under !== undefined && `${id}-h`, reason !== undefined && `${id}-r`].filter(Boolean).join(' ') || undefined,
        'aria-required': required || undefined,
        disabled: disabledReason !== undefined,
      })}
      {reason !== undefined && (
        <p id={`${id}-r`} className="reason" role="alert">
          {reason}
        </p>
      )}
      {under !== undefined && (
        <p id={`${id}-h`} className="hint">
          {under}
        </p>
      )}
    </div>
  )
}

interface TextFieldProps extends FieldProps<string>, Common {
  readonly type?: 'text' | 'email' | 'url' | 'search' | 'time'
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
            autoComplete="off"
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

/** One of many, in a list that opens. Without a value it says "Choose …". */
export function SelectField<T extends string>({ value, onChange, onLeave, options, ...common }: ChoiceProps<T>) {
  const { t } = useTranslation()
  return (
    <Field {...common}>
      {(attributes) => (
        <select {...attributes} className="field" value={value} onChange={(event) => onChange(event.target.value as T)} onBlur={onLeave}>
          {!options.some((o) => o.value === value) && (
            <option value={value} disabled>
              {t('form.choose')}
            </option>
          )}
          {options.map((o) => (
            <option key={o.value} value={o.value} disabled={o.disabledReason !== undefined}>
              {o.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

interface GroupProps extends Common {
  readonly name: string
  readonly reason: string | undefined
  readonly role: 'radiogroup' | 'group'
  readonly children: (off: boolean) => ReactNode
}

function Group({ label, hint, required, disabledReason, name, reason, role, children }: GroupProps) {
  const { t } = useTranslation()
  const id = useId()
  const under = disabledReason ?? hint
  const described = [under !== undefined && `${id}-h`, reason !== undefined && `${id}-r`].filter(Boolean).join(' ') || undefined
  return (
    <div
      className={reason === undefined ? 'fld' : 'fld bad'}
      role={role}
      data-field={name}
      aria-labelledby={id}
      aria-describedby={described}
      aria-invalid={reason !== undefined || undefined}
      tabIndex={-1}
    >
      <span id={id} className="lbl">
        {label}
        {required && (
          <span className="req" title={t('form.required')} aria-hidden>
            *
          </span>
        )}
      </span>
      {children(disabledReason !== undefined)}
      {reason !== undefined && (
        <p id={`${id}-r`} className="reason" role="alert">
          {reason}
        </p>
      )}
      {under !== undefined && (
        <p id={`${id}-h`} className="hint">
          {under}
        </p>
      )}
    </div>
  )
}

/** One of a few, all in sight: radio buttons with a line of explanation each. */
export function ChoiceField<T extends string>({ value, onChange, onLeave, options, ...common }: ChoiceProps<T>) {
  const group = useId()
  return (
    <Group role="radiogroup" {...common}>
      {(off) =>
        options.map((o) => (
          <Tick key={o.value} option={o} off={off}>
            {(attributes) => (
              <input {...attributes} type="radio" name={group} checked={value === o.value} onChange={() => onChange(o.value)} onBlur={onLeave} />
            )}
          </Tick>
        ))
      }
    </Group>
  )
}

/** Any of a few. */
export function ChecksField<T extends string>({
  value,
  onChange,
  onLeave,
  options,
  ...common
}: FieldProps<readonly T[]> & Common & { options: readonly Option<T>[] }) {
  return (
    <Group role="group" {...common}>
      {(off) =>
        options.map((o) => (
          <Tick key={o.value} option={o} off={off}>
            {(attributes) => (
              <input
                {...attributes}
                type="checkbox"
                checked={value.includes(o.value)}
                onChange={(event) => onChange(event.target.checked ? [...value, o.value] : value.filter((v) => v !== o.value))}
                onBlur={onLeave}
              />
            )}
          </Tick>
        ))
      }
    </Group>
  )
}

/** Yes or no. */
export function CheckField({ value, onChange, onLeave, label, hint, disabledReason, name, reason }: FieldProps<boolean> & Common) {
  const id = useId()
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
            aria-describedby={[attributes['aria-describedby'], reason !== undefined && id].filter(Boolean).join(' ') || undefined}
            onChange={(event) => onChange(event.target.checked)}
            onBlur={onLeave}
          />
        )}
      </Tick>
      {reason !== undefined && (
        <p id={id} className="reason" role="alert">
          {reason}
        </p>
      )}
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
