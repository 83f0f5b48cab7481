import { useTranslation } from 'react-i18next'

/** Texts of the signals: `Text` of app/incidents/signals.go. All displays share one, with their number. */
export const signalTexts = [
  'offline',
  'no-telemetry',
  'signin-teams',
  'signin-exchange',
  'room-camera',
  'content-camera',
  'speaker',
  'communication-speaker',
  'microphone',
  'display',
  'hdmi-ingest',
  'compute',
  'app-version',
  'os-version',
  'firmware',
  'agent-version',
  'health-critical',
  'health-nonurgent',
] as const
export type SignalText = (typeof signalTexts)[number]

/** The categories of signals, in the order in which people look (product.md 4). */
export const categories = ['account', 'connectivity', 'display', 'hardware', 'software'] as const
export type Category = (typeof categories)[number]

const categoryOfText: Record<SignalText, Category> = {
  offline: 'connectivity',
  'no-telemetry': 'connectivity',
  'signin-teams': 'account',
  'signin-exchange': 'account',
  'room-camera': 'hardware',
  'content-camera': 'hardware',
  speaker: 'hardware',
  'communication-speaker': 'hardware',
  microphone: 'hardware',
  display: 'display',
  'hdmi-ingest': 'hardware',
  compute: 'hardware',
  'app-version': 'software',
  'os-version': 'software',
  firmware: 'software',
  'agent-version': 'software',
  'health-critical': 'hardware',
  'health-nonurgent': 'hardware',
}

/** A signal that we have words for. `number` is that of a display, as people count: from 1. */
export interface KnownSignal {
  readonly text: SignalText
  readonly number: number
}

/** What the server's id of a signal means; undefined for one of another version. */
export function signalOf(id: string): KnownSignal | undefined {
  const display = /^display-(\d{1,3})$/.exec(id)
  if (display) return { text: 'display', number: Number(display[1]) + 1 }
  const text = signalTexts.find((known) => known === id)
  return text === undefined || text === 'display' ? undefined : { text, number: 0 }
}

/** The category of a signal; one that is not known is hardware, as the server rates it. */
export function categoryOf(id: string): Category {
  const known = signalOf(id)
  return known ? categoryOfText[known.text] : 'hardware'
}

/** The name of a signal: the property that is watched, not the fault. An unknown id stays as it is. */
export function useSignalName(): (id: string) => string {
  const { t } = useTranslation()
  return (id) => {
    const known = signalOf(id)
    return known ? t(`device.signal.${known.text}`, { number: known.number }) : id
  }
}

const kinds = [
  'teamsRoom',
  'surfaceHub',
  'collaborationBar',
  'teamsDisplay',
  'touchConsole',
  'teamsPanel',
  'ipPhone',
  'lowCostPhone',
  'sip',
  'sipAnalog',
  'unknown',
] as const

/** The kind of a device (Graph's deviceType) in people's words; one that Microsoft added later stays as it is. */
export function useDeviceKind(): (kind: string) => string {
  const { t } = useTranslation()
  return (kind) => {
    const known = kinds.find((k) => k === kind)
    return known ? t(`device.kind.${known}`) : kind
  }
}

const readings = ['connected', 'disconnected', 'optional', 'silent', 'unseen', 'heard', 'critical', 'nonUrgent'] as const

/** What was read of a signal in people's words: app/incidents/readings.go. Versions stay as they are. */
export function useReading(): (value: string) => string {
  const { t } = useTranslation()
  return (value) => {
    const known = readings.find((r) => r === value)
    if (known) return t(`device.reading.${known}`)
    const [current, available] = value.split(' < ')
    return current !== undefined && available !== undefined ? t('device.reading.update', { current, available }) : value
  }
}
