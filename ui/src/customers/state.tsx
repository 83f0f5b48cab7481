import { useTranslation } from 'react-i18next'
import { IconInvitation12, IconKey, IconUnmonitored, IconWarning12 } from '../kit/icons'
import { Tag } from '../kit/status'
import { useNow } from '../kit/When'
import { useFormat } from '../text/i18n'
import type { Entry } from './queries'
import { isStarting } from './starting'

/** What stands between the partner and a customer, in words: quiet when nothing is to be done. */
export function StateWords({ entry }: { entry: Entry }) {
  const { t } = useTranslation('customers')
  const format = useFormat()
  const now = useNow()
  switch (entry.state) {
    case 'consent-withdrawn':
      return (
        <Tag tone="warning" icon={IconUnmonitored}>
          {t('state.withdrawn')}
        </Tag>
      )
    case 'without-admin':
      return (
        <Tag tone="warning" icon={IconWarning12}>
          {t('state.withoutAdmin')}
        </Tag>
      )
    case 'strong-auth':
      return (
        <Tag tone="brand" icon={IconKey}>
          {t('tab.strongAuth')}
        </Tag>
      )
    case 'pending': {
      const left = entry.expiresAt === undefined ? 0 : new Date(entry.expiresAt).getTime() - now
      return (
        <Tag tone="brand" icon={IconInvitation12}>
          {left > 0 ? t('state.pendingLeft', { left: format.age(left) }) : t('state.pending')}
        </Tag>
      )
    }
    case 'expired':
      return <span className="mut el">{entry.expiresAt ? t('state.expiredOn', { date: format.dayMonth(entry.expiresAt) }) : t('state.expired')}</span>
    case 'active':
      return isStarting(entry, now) ? <Starting entry={entry} /> : <Active entry={entry} />
  }
}

function Starting({ entry }: { entry: Entry }) {
  const progress = useProgressWords(entry.progress)
  const { t } = useTranslation('customers')
  return <Tag tone="brand">{progress ?? t('first.short')}</Tag>
}

/** An active relation; where the collection is not well, its own word stands beside it. */
function Active({ entry }: { entry: Entry }) {
  const { t } = useTranslation('customers')
  const { t: collecting } = useTranslation('collect')
  const trouble = entry.collectState
  const quiet = trouble === undefined || trouble === '' || ['ok', 'new', 'partial'].includes(trouble)
  return (
    <span className="cell">
      <span className="sec">{t('state.active')}</span>
      {!quiet && <Tag tone="warning">{collecting(`state.${trouble}.label` as 'state.ok.label', { defaultValue: trouble })}</Tag>}
    </span>
  )
}

/** "Reading devices, 12 of 46". */
export function useProgressWords(progress: Entry['progress']): string | undefined {
  const { t } = useTranslation('customers')
  const format = useFormat()
  if (progress === undefined) return undefined
  const step = t(`first.${progress.step}`)
  if (progress.total === 0) return step
  return t('first.of', { step, done: format.number(progress.done), total: format.number(progress.total) })
}
