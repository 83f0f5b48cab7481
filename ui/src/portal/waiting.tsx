import { useTranslation } from 'react-i18next'
import { PageLink } from '../kit/address'
import { Button } from '../kit/Button'
import { useDecision } from '../kit/decision'
import { useDeed } from '../kit/deed'
import { Card } from '../kit/Page'
import { When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { useWaiting } from './queries'

/** Shown on the home page before the list of all. */
const few = 5

/** What the partner asks for and the customer has not decided yet, with both answers. Absent while nothing waits. */
export function WaitingCard() {
  const { t } = useTranslation('portal')
  const { t: change } = useTranslation('change')
  const format = useFormat()
  const deed = useDeed()
  const decision = useDecision()
  const { data } = useWaiting()
  const items = data?.items ?? []
  const more = data?.next !== undefined || items.length > few
  return (
    <>
      {items.length > 0 && (
        <Card
          title={t('waiting.title')}
          note={more ? undefined : format.number(items.length)}
          action={
            <PageLink page="/portal/approvals" search={{ state: 'waiting' }}>
              {t('waiting.all')}
            </PageLink>
          }
        >
          <ul className="pwaiting">
            {items.slice(0, few).map((one) => (
              <li key={one.id}>
                <span className="what">
                  <PageLink page="/portal/approvals" search={{ state: 'waiting', open: one.id }} className="b">
                    {deed(one)}
                  </PageLink>{' '}
                  {one.reason !== undefined && <span className="sec">{t('waiting.because', { reason: one.reason })}</span>}
                </span>
                <span className="sec">{one.askedBy}</span>
                <span className="mut">
                  <When at={one.askedAt} />
                </span>
                <span className="row">
                  <Button small className="yes" aria-label={t('waiting.approve', { deed: deed(one) })} onClick={() => decision.approve(one)}>
                    {change('command.approve')}
                  </Button>
                  <Button small aria-label={t('waiting.deny', { deed: deed(one) })} onClick={() => decision.deny(one)}>
                    {change('command.reject')}
                  </Button>
                </span>
              </li>
            ))}
          </ul>
        </Card>
      )}
      {decision.dialogs}
    </>
  )
}
