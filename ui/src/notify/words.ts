import { useTranslation } from 'react-i18next'
import { usePlace } from '../kit/scope'
import { useFormat } from '../text/i18n'
import type { Notice } from './queries'

const events = ['role', 'assignment', 'group', 'action', 'export'] as const

/** What a notice says: one sentence, and what there is to know beside it. */
export interface Said {
  readonly sentence: string
  readonly more: readonly string[]
}

/** Puts a notice into the person's language. A kind that this page does not know yet gets a sentence that holds for all. */
export function useSaid(): (notice: Notice) => Said {
  const { t, i18n } = useTranslation('notify')
  const { me } = usePlace()
  const format = useFormat()
  return ({ kind, customer, about }) => {
    const event = events.find((known) => known === about.event)
    const thing = t(`what.${event ?? 'other'}`)
    const values = {
      customer: customer ?? (me.side === 'customer' ? me.organisation.name : t('someone')),
      partner: me.partner.name,
      what: about.object === undefined ? thing : t('what.named', { what: thing, name: about.object }),
    }
    // Kinds come from the server, so that TypeScript cannot know the key.
    const key = i18n.exists(`notify:kind.${kind}`) ? `kind.${kind}` : 'kind.unknown'
    const sentence = t(key as 'kind.unknown', values)
    const more = [
      about.name !== undefined && t('more.named', { name: about.name }),
      kind.startsWith('invitation.') && about.expiresAt !== undefined && t('more.answerBy', { date: format.date(about.expiresAt) }),
      kind === 'change.rejected' && about.reason !== undefined && t('more.reason', { reason: about.reason }),
      about.endsAt !== undefined && t('more.endsOn', { date: format.date(about.endsAt) }),
      kind === 'end-date.changed' && about.endsAt === undefined && t('more.endless'),
      about.recordLost === true && t('more.recordLost'),
      about.purgeAt !== undefined && t('more.purge', { date: format.date(about.purgeAt) }),
      kind === 'grant.changed' && about.rooms !== undefined && t('more.rooms', { count: about.rooms }),
      about.cut !== undefined && t('more.cut', { count: about.cut }),
      about.retentionDays !== undefined && t('more.kept', { count: about.retentionDays }),
    ].filter((line) => line !== false)
    return { sentence, more }
  }
}
