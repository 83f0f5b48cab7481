import accessEn from '../../access/text.en.json'
import accessFr from '../../access/text.fr.json'
import appEn from '../../app/text.en.json'
import appFr from '../../app/text.fr.json'
import auditEn from '../../audit/text.en.json'
import auditFr from '../../audit/text.fr.json'
import changeEn from '../../change/text.en.json'
import changeFr from '../../change/text.fr.json'
import customersEn from '../../customers/text.en.json'
import customersFr from '../../customers/text.fr.json'
import notifyEn from '../../notify/text.en.json'
import notifyFr from '../../notify/text.fr.json'
import portalEn from '../../portal/text.en.json'
import portalFr from '../../portal/text.fr.json'
import roomsEn from '../../rooms/text.en.json'
import roomsFr from '../../rooms/text.fr.json'
import commonEn from '../../text/common.en.json'
import commonFr from '../../text/common.fr.json'

/** The words of all features in one language, for walks that run in both. */
export const words = {
  en: { access: accessEn, app: appEn, audit: auditEn, change: changeEn, common: commonEn, customers: customersEn, notify: notifyEn, portal: portalEn, rooms: roomsEn },
  fr: { access: accessFr, app: appFr, audit: auditFr, change: changeFr, common: commonFr, customers: customersFr, notify: notifyFr, portal: portalFr, rooms: roomsFr },
}

export type Language = keyof typeof words
export type Words = (typeof words)[Language]

/** A text with its variables filled in. */
export function said(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  return text.replace(/\{\{(\w+)[^}]*\}\}/g, (_, name: string) => String(values[name] ?? ''))
}

/** The longest piece of a text between its variables: enough to know it by, whatever stands in them. */
export function known(text: string): string {
  return text.split(/\{\{\w+[^}]*\}\}/).reduce((longest, piece) => (piece.length > longest.length ? piece : longest)).trim()
}

/** A day so many days from now, as a field takes it and as it is written. */
export function dayAhead(days: number, language: Language): { readonly field: string; readonly written: string } {
  const at = new Date(Date.now() + days * 86_400_000)
  const parts = Object.fromEntries(new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Paris' }).formatToParts(at).map((part) => [part.type, part.value]))
  const written = new Intl.DateTimeFormat(language === 'fr' ? 'fr-FR' : 'en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'Europe/Paris' }).format(at)
  return { field: `${parts['year']}-${parts['month']}-${parts['day']}`, written }
}
