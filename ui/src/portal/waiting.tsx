import { useTranslation } from 'react-i18next'
import { PageLink } from '../kit/address'
import { Card } from '../kit/Page'
import { When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { useWaiting } from './queries'

/** Shown on the home page before the list of all. */
const few = 5

/** What the partner asks for and the customer has not decided yet. Absent while nothing waits. */
export function WaitingCard() {
  const { t } = useTranslation('portal')
  const { t: change } = useTranslation('change')
  const format = useFormat()
  const { data } = useWaiting()
  if (data === undefined || data.items.length === 0) return null
  const shown = data.items.slice(0, few)
  const more = data.next !== undefined || data.items.length > few
  return (
    <Card
      title={t('waiting.title')}
      note={more ? undefined : format.number(data.items.length)}
      action={
        <PageLink page="/portal/approvals" search={{ state: 'waiting' }}>
          {t('waiting.all')}
        </PageLink>
      }
    >
      <ul className="pwaiting">
        {shown.map((one) => (
          <li key={one.id}>
            <span className="grow">
              <b>{change(`deed.${one.operation}` as 'deed.role.update', { object: one.object, defaultValue: one.operation })}</b>{' '}
              {one.reason !== undefined && <span className="sec">{t('waiting.because', { reason: one.reason })}</span>}
            </span>
            <span className="sec">{one.askedBy}</span>
            <span className="mut">
              <When at={one.askedAt} />
            </span>
            <PageLink page="/portal/approvals" search={{ state: 'waiting', open: one.id }} className="btn sml">
              {t('waiting.decide')}
            </PageLink>
          </li>
        ))}
      </ul>
    </Card>
  )
}
