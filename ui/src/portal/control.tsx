import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { Control, How } from './agreed'
import './portal.css'

/** The words of an event of change control. What is unknown stays as the server said it. */
export function useEventWords(): { readonly of: (event: string) => string; readonly hint: (event: string) => string } {
  const { t } = useTranslation('portal')
  return {
    of: (event) => t(`event.${event}.is` as 'event.role.is', { defaultValue: event }),
    hint: (event) => t(`event.${event}.hint` as 'event.role.hint', { defaultValue: '' }),
  }
}

interface ControlFieldsProps {
  readonly events: readonly string[]
  readonly value: Control
  readonly onChange: (value: Control) => void
  /** By event, how many requests wait now. */
  readonly waiting?: Readonly<Record<string, number>>
}

const ways: readonly How[] = ['auto', 'manual']

/** One line per event: runs at once, or you approve. */
export function ControlFields({ events, value, onChange, waiting }: ControlFieldsProps) {
  const { t } = useTranslation('portal')
  const words = useEventWords()
  const id = useId()
  return (
    <div className="pcontrol">
      {events.map((event) => {
        const how = value[event] === 'manual' ? 'manual' : 'auto'
        const count = waiting?.[event] ?? 0
        return (
          <div key={event} role="radiogroup" aria-labelledby={`${id}-${event}`} aria-describedby={`${id}-${event}-h`}>
            <span>
              <span id={`${id}-${event}`} className="b">
                {words.of(event)}
              </span>
              <span id={`${id}-${event}-h`} className="hint">
                {words.hint(event)}
                {count > 0 && how === 'auto' && ` ${t('control.stay', { count })}`}
              </span>
            </span>
            {ways.map((way) => (
              <label key={way} className="tick">
                <input type="radio" name={`${id}-${event}`} checked={how === way} onChange={() => onChange({ ...value, [event]: way })} />
                <span>{t(`control.${way}`)}</span>
              </label>
            ))}
          </div>
        )
      })}
    </div>
  )
}

/** What the customer approves and what runs at once, as two sentences' worth of facts. */
export function ControlLines({ events, value }: { events: readonly string[]; value: Control }) {
  const { t } = useTranslation('portal')
  const words = useEventWords()
  return (
    <dl className="pevents">
      {events.map((event) => {
        const manual = value[event] === 'manual'
        return (
          <div key={event} className="contents">
            <dt>{words.of(event)}</dt>
            <dd className={manual ? 'b' : 'mut'}>{t(manual ? 'control.manual' : 'control.auto')}</dd>
          </div>
        )
      })}
    </dl>
  )
}
