import { useTranslation } from 'react-i18next'
import { Button } from '../kit/Button'
import { useDecision } from '../kit/decision'
import { useDeed } from '../kit/deed'
import { DetailsPane } from '../kit/details/DetailsPane'
import type { DetailsProps } from '../kit/list/spec'
import { Tile } from '../kit/Tile'
import { Overview } from './details'
import { useRequest, type Request } from './queries'
import { RequestStateMark } from './state'

/** A change request before the customer: what would change, and the two answers. */
export function ApprovalDetails({ id, row }: DetailsProps<Request>) {
  const { t } = useTranslation('change')
  const deed = useDeed()
  const query = useRequest(id, true)
  const request = query.data ?? row
  const decision = useDecision()
  return (
    <>
      <DetailsPane
        query={query}
        glyph={<Tile name={request?.askedBy ?? ''} large />}
        title={request === undefined ? '' : deed(request)}
        subtitle={request && <RequestStateMark state={request.state} />}
        foot={
          request?.state === 'waiting' && (
            <>
              <Button kind="primary" onClick={() => decision.approve(request)}>
                {t('command.approve')}
              </Button>
              <Button onClick={() => decision.deny(request)}>{t('command.reject')}</Button>
            </>
          )
        }
      >
        {request && <Overview request={request} own />}
      </DetailsPane>
      {decision.dialogs}
    </>
  )
}
