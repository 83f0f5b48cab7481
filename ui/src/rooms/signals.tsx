import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { SignalSpans } from '../kit/chart/SignalSpans'
import { Loaded } from '../kit/Failure'
import { IconCheck, IconChevronRight } from '../kit/icons'
import { categories, categoryOf, useDeviceKind, useReading, useSignalName, type Category } from '../kit/signal'
import { StatusGlyph, useStatusWord } from '../kit/status'
import { useNow, When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { laneOf, signalsUntil, timesBad } from './known'
import { NotHeard } from './overview'
import { useRoomSignals, type RoomDetail, type RoomSignal, type RoomSignals } from './queries'

/** What the lanes of one room are drawn in. */
interface Window {
  readonly from: number
  readonly to: number
  readonly watchedSince: number
  readonly until: number | undefined
}

/** Every signal of a room with its last seven days: what is not well on top, each by itself. */
export function SignalsTab({ room }: { room: RoomDetail }) {
  const now = useNow()
  return (
    <>
      <NotHeard room={room} />
      <Loaded query={useRoomSignals(room.id)} lines={10}>
        {(data) => <Signals data={data} watchedSince={Date.parse(room.watchedSince)} until={signalsUntil(room, data.items, now)} />}
      </Loaded>
    </>
  )
}

function Signals({ data, watchedSince, until }: { data: RoomSignals; watchedSince: number; until: number | undefined }) {
  const { t } = useTranslation('rooms')
  const format = useFormat()
  const [all, setAll] = useState(false)
  const { items } = data
  if (items.length === 0) return <p className="mut">{t('noSignals')}</p>
  const window: Window = { from: Date.parse(data.from), to: Date.parse(data.to), watchedSince, until }
  const bad = (['critical', 'important', 'warning', 'recommended'] as const).flatMap((severity) => {
    const count = items.filter((s) => s.state === 'bad' && s.severity === severity).length
    return count > 0 ? [t(`bad.${severity}`, { count, shown: format.number(count) })] : []
  })
  const groups = categories
    .map((category) => ({ category, signals: items.filter((s) => categoryOf(s.signal) === category) }))
    .filter((g) => g.signals.length > 0)
    .sort((a, b) => Number(isWell(a.signals)) - Number(isWell(b.signals)))
  return (
    <div className={until === undefined ? 'stack' : 'stack rm-last'}>
      <div className="row">
        <span className="b">{bad.length > 0 ? format.list(bad) : t(until === undefined ? 'allWell' : 'noneBad')}</span>
        <span className="mut sm">{t('ofSignals', { count: items.length, shown: format.number(items.length) })}</span>
        <button type="button" className="link sm end" aria-pressed={all} onClick={() => setAll(!all)}>
          {all ? t('showFewer') : t('showAll', { shown: format.number(items.length) })}
        </button>
      </div>
      <div className="rm-axis" aria-hidden>
        <span />
        <div>
          <span>{format.dayMonth(window.from)}</span>
          <span>{until === undefined ? t('now') : format.dayMonth(window.to)}</span>
        </div>
        <span className="r">{t('since')}</span>
      </div>
      <div>
        {groups.map((g) => (
          <Group key={`${g.category} ${all}`} category={g.category} signals={g.signals} window={window} all={all} />
        ))}
      </div>
      <Legend />
    </div>
  )
}

function isWell(signals: readonly RoomSignal[]): boolean {
  return signals.every((s) => s.state === 'good')
}

interface GroupProps {
  readonly category: Category
  readonly signals: readonly RoomSignal[]
  readonly window: Window
  readonly all: boolean
}

/** The signals of one category. Folded, it shows only those that are not well; where all are, one line for all. */
function Group({ category, signals, window, all }: GroupProps) {
  const { t } = useTranslation()
  const { t: own } = useTranslation('rooms')
  const format = useFormat()
  const [open, setOpen] = useState(all)
  const wrong = signals.filter((s) => s.state !== 'good')
  const shown = open ? signals : wrong
  const folded = shown.length === 0
  const name = t(`device.category.${category}`)
  return (
    <div className="rm-group">
      <div className="rm-line">
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          <IconChevronRight className={folded ? 'i s' : 'i s turned'} aria-hidden />
          <span className={folded ? 'el' : 'el b'}>{name}</span>
          <span className="mut sm">
            {wrong.length > 0
              ? own('someOf', { shown: format.number(wrong.length), all: format.number(signals.length) })
              : own('signalCount', { count: signals.length, shown: format.number(signals.length) })}
          </span>
        </button>
        {folded && <Common name={name} signals={signals} window={window} />}
      </div>
      {shown.map((s) => (
        <Line key={`${s.deviceId} ${s.signal}`} signal={s} window={window} />
      ))}
    </div>
  )
}

/** One lane for signals that are all well now: where any was not, or is not known, it shows. */
function Common({ name, signals, window }: { name: string; signals: readonly RoomSignal[]; window: Window }) {
  const { t } = useTranslation('rooms')
  const lanes = signals.map((s) => laneOf(s, window))
  const bad = lanes.flat().filter((span) => span.state !== 'none')
  // Not known counts only where nobody knows: of one signal at least, something is known otherwise.
  const none = (lanes[0] ?? []).filter((span) => span.state === 'none' && lanes.every((lane) => lane.some((o) => o.state === 'none' && o.from === span.from && o.to === span.to)))
  const known = window.until === undefined
  return (
    <>
      <SignalSpans from={window.from} to={window.to} spans={[...none, ...bad]} label={t(bad.length > 0 ? 'laneSome' : 'laneWell', { name })} />
      <span className={known ? 'rm-well' : 'unseen'}>
        {known && <IconCheck className="i s" aria-hidden />}
        <span className="unseen">{t(known ? 'well' : 'lastKnownTag')}</span>
      </span>
    </>
  )
}

function Line({ signal, window }: { signal: RoomSignal; window: Window }) {
  const { t } = useTranslation('rooms')
  const word = useStatusWord()
  const name = useSignalName()(signal.signal)
  const kind = useDeviceKind()(signal.deviceKind)
  const reading = useReading()(signal.value)
  const count = timesBad(signal, window.from)
  const known = window.until === undefined && signal.state !== 'unknown'
  const state = signal.state === 'bad' ? word(signal.severity) : t(known ? 'well' : 'notKnown')
  const words = signal.state === 'unknown' && reading !== '' ? t('wasReading', { reading }) : reading
  return (
    <div className="rm-line in">
      <Glyph signal={signal} known={known} />
      <span className={known ? 'el' : 'el rm-last'} title={[name, kind, words].filter(Boolean).join(', ')}>
        {name} <span className="mut">{signal.state === 'good' ? kind : words}</span>
      </span>
      <SignalSpans
        from={window.from}
        to={window.to}
        spans={laneOf(signal, window)}
        label={count > 0 ? t('laneTimes', { count, name, state }) : t('laneState', { name, state })}
      />
      <span className={signal.state === 'bad' ? 'r b' : 'r mut'}>{signal.state !== 'good' && <When at={signal.since} as="age" />}</span>
    </div>
  )
}

function Glyph({ signal, known }: { signal: RoomSignal; known: boolean }) {
  const { t } = useTranslation('rooms')
  if (signal.state === 'bad') return <StatusGlyph status={signal.severity} />
  if (!known) return <StatusGlyph status="unmonitored" />
  return (
    <span className="rm-well" title={t('well')}>
      <IconCheck className="i s" aria-hidden />
      <span className="unseen">{t('well')}</span>
    </span>
  )
}

function Legend() {
  const { t } = useTranslation()
  return (
    <div className="legend rm-legend" aria-hidden>
      {(['well', 'warning', 'important', 'critical', 'none'] as const).map((state) => (
        <span key={state}>
          <i className={state} />
          {t(`status.${state}`).toLocaleLowerCase()}
        </span>
      ))}
    </div>
  )
}
