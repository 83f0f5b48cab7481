import { useTranslation } from 'react-i18next'
import { Button } from '../kit/Button'
import { Timeline } from '../kit/details/Facts'
import { Loaded } from '../kit/Failure'
import { IconCheckFilled, IconClose16, IconOnboarding, IconWarning16, type Icon } from '../kit/icons'
import { useFormat } from '../text/i18n'
import { useRoomActions, type RoomAction } from './queries'

const icons: Record<RoomAction['state'], Icon> = {
  queued: IconOnboarding,
  sent: IconOnboarding,
  running: IconOnboarding,
  succeeded: IconCheckFilled,
  failed: IconWarning16,
  cancelled: IconClose16,
  unconfirmed: IconWarning16,
}

/** What was done to the devices of a room, newest first; what is under way moves while one looks. */
export function ActivityTab({ id }: { id: string }) {
  const { t } = useTranslation('rooms')
  const query = useRoomActions(id)
  return (
    <Loaded query={query} lines={4}>
      {({ pages }) => {
        const actions = pages.flatMap((page) => page.items)
        if (actions.length === 0) return <p className="mut">{t('actions.none')}</p>
        return (
          <>
            <Timeline
              items={actions.map((action) => ({ id: action.id, at: action.askedAt, icon: icons[action.state], children: <Action action={action} /> }))}
            />
            {query.hasNextPage && (
              <div>
                <Button small busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  {t('actions.earlier')}
                </Button>
              </div>
            )}
          </>
        )
      }}
    </Loaded>
  )
}

function Action({ action }: { action: RoomAction }) {
  const { t } = useTranslation('rooms')
  const format = useFormat()
  const { device, state, askedBy, sentAt, endedAt } = action
  return (
    <div className="rm-action" data-state={state}>
      <div>{t('actions.line', { device, state: t(`actions.state.${state}`) })}</div>
      <Why action={action} />
      <div className="mut sm">
        <span>{t('actions.by', { who: askedBy })}</span>
        {endedAt !== undefined ? (
          <span>{t('actions.endedAt', { time: format.moment(endedAt) })}</span>
        ) : (
          sentAt !== undefined && <span>{t('actions.sentAt', { time: format.moment(sentAt) })}</span>
        )}
      </div>
    </div>
  )
}

/** Why it was not done, or what is in the way, with Microsoft's words where they say more. */
function Why({ action: { failure, said = '', askedBy } }: { action: RoomAction }) {
  const { t } = useTranslation('rooms')
  if (failure === undefined || failure === '') return null
  const reason = t(`actions.failure.${failure}` as 'actions.failure.refused', { who: askedBy, said, defaultValue: failure })
  return (
    <>
      <div>{reason}</div>
      {said !== '' && failure !== 'permission-missing' && <div className="mut sm">{t('actions.said', { said })}</div>}
    </>
  )
}
