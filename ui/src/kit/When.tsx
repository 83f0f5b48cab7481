import { useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../text/i18n'

const dash = '–'

/** "2 h ago", "2 h", "10:42 or 24 Oct", date and time, date, time. */
export type WhenForm = 'relative' | 'age' | 'short' | 'moment' | 'date' | 'time'

/** A moment in local words; its title says it in full, local and UTC. Absent: a dash. */
export function When({ at, as = 'relative' }: { at: string | number | null | undefined; as?: WhenForm }) {
  const { t } = useTranslation()
  const format = useFormat()
  const now = useNow()
  const then = at === null || at === undefined || at === '' ? Number.NaN : new Date(at).getTime()
  if (Number.isNaN(then)) return <span className="mut">{dash}</span>
  const words = (): string => {
    switch (as) {
      case 'relative':
        if (Math.abs(now - then) < 60_000) return t('kit.now')
        return then <= now ? t('kit.ago', { age: format.since(then, now) }) : t('kit.ahead', { age: format.since(now, then) })
      case 'age':
        return Math.abs(now - then) < 60_000 ? t('kit.now') : format.since(then, now)
      case 'short':
        return format.short(then, now)
      case 'moment':
        return format.moment(then)
      case 'date':
        return format.date(then)
      case 'time':
        return format.time(then)
    }
  }
  return (
    <time dateTime={new Date(then).toISOString()} title={t('kit.asOfTitle', { local: format.moment(then), utc: format.utc(then) })}>
      {words()}
    </time>
  )
}

/** One clock for every age on the screen: a timer per cell would be thousands. */
const clock = { now: Date.now(), timer: undefined as ReturnType<typeof setInterval> | undefined, listeners: new Set<() => void>() }
const tick = 15_000

function subscribe(tell: () => void): () => void {
  clock.listeners.add(tell)
  clock.timer ??= setInterval(() => {
    clock.now = Date.now()
    for (const each of clock.listeners) each()
  }, tick)
  return () => {
    clock.listeners.delete(tell)
    if (clock.listeners.size > 0) return
    clearInterval(clock.timer)
    clock.timer = undefined
  }
}

/** The time now, in milliseconds; moves every 15 seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => {
    // The first reader after a pause must not see an old time; while the timer runs the value must stay the same.
    if (clock.timer === undefined && Date.now() - clock.now >= tick) clock.now = Date.now()
    return clock.now
  })
}
