import { useState, type FormEvent, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../Button'
import { DateField, TextField } from '../form/fields'
import { daysOf, valueOf, type Days } from './days'

interface EntryProps {
  readonly value: string
  /** '' takes the filter away. */
  readonly onChange: (value: string) => void
}

const nothing = () => undefined

/** A filter that is typed: Enter or the button asks. */
export function TextEntry({ label, value, onChange }: EntryProps & { label: string }) {
  const [text, setText] = useState(value)
  return (
    <Entry send={() => onChange(text.trim())}>
      <TextField name="text" label={label} value={text} onChange={setText} onLeave={nothing} reason={undefined} maxLength={100} autoFocus />
    </Entry>
  )
}

/** A range of days: the first and the last, either of them left open. */
export function DaysEntry({ value, onChange }: EntryProps) {
  const { t } = useTranslation()
  const [days, setDays] = useState<Days>(daysOf(value) ?? { from: '', to: '' })
  const turned = days.from !== '' && days.to !== '' && days.to < days.from
  return (
    <Entry send={() => !turned && onChange(days.from === '' && days.to === '' ? '' : valueOf(days))}>
      <DateField name="from" label={t('list.from')} value={days.from} onChange={(from) => setDays({ ...days, from })} onLeave={nothing} reason={undefined} />
      <DateField name="to" label={t('list.to')} value={days.to} onChange={(to) => setDays({ ...days, to })} onLeave={nothing} reason={turned ? t('list.turned') : undefined} />
    </Entry>
  )
}

function Entry({ send, children }: { send: () => void; children: ReactNode }) {
  const { t } = useTranslation()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send()
  }
  return (
    <form className="entry" onSubmit={submit}>
      {children}
      <Button type="submit" small>
        {t('list.apply')}
      </Button>
    </form>
  )
}
