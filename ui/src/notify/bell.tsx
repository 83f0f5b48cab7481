import { Popover, PopoverSurface, PopoverTrigger } from '@fluentui/react-components'
import { useEffect, useEffectEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Empty } from '../kit/Empty'
import { Loaded } from '../kit/Failure'
import { IconNotices } from '../kit/icons'
import { Message } from '../kit/Message'
import { isTold, useNotices } from '../kit/notices'
import { usePlace } from '../kit/scope'
import { useFormat } from '../text/i18n'
import { useMarkRead, type Notice, type Notices } from './queries'
import { NoticeRow } from './row'
import './notify.css'

/** More are not counted: they say the same. */
const most = 99

/** The bell, for who can be told something. */
export function Tool() {
  const { me } = usePlace()
  return isTold(me) ? <Bell /> : null
}

function Bell() {
  const { t } = useTranslation('notify')
  const format = useFormat()
  const query = useNotices()
  const markRead = useMarkRead()
  const [open, setOpen] = useState(false)
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set())
  const unread = query.data?.unread ?? 0

  // Marked when they are shown, which can be later than the opening, and when it closes what came meanwhile; what is new stays marked as such
  // while one looks.
  const mark = (newest: Notice | undefined) => {
    if (unread > 0 && newest !== undefined) markRead(newest.id)
  }
  const show = (items: readonly Notice[]) => {
    setFresh(new Set(items.filter((notice) => !notice.read).map((notice) => notice.id)))
    mark(items[0])
  }
  const turn = (to: boolean) => {
    setOpen(to)
    if (!to) mark(query.data?.items[0])
  }
  const label = unread > 0 ? t('unread', { count: unread }) : t('title')
  return (
    <Popover open={open} onOpenChange={(_, data) => turn(data.open)} positioning="below-end" trapFocus>
      <PopoverTrigger disableButtonEnhancement>
        <button type="button" className="ib bell" aria-label={label} title={label}>
          <IconNotices className="i" aria-hidden />
          {unread > 0 && (
            <span className="n" aria-hidden>
              {unread > most ? t('many') : format.number(unread)}
            </span>
          )}
        </button>
      </PopoverTrigger>
      <PopoverSurface className="told" aria-label={t('title')}>
        <h2 className="h">{t('title')}</h2>
        <Loaded query={query} lines={6}>
          {(data) => <List data={data} fresh={fresh} onShown={show} onLeave={() => setOpen(false)} />}
        </Loaded>
      </PopoverSurface>
    </Popover>
  )
}

interface ListProps {
  readonly data: Notices
  readonly fresh: ReadonlySet<string>
  readonly onShown: (items: readonly Notice[]) => void
  readonly onLeave: () => void
}

function List({ data, fresh, onShown, onLeave }: ListProps) {
  const { t } = useTranslation('notify')
  const shown = useEffectEvent(() => onShown(data.items))
  useEffect(() => shown(), [])
  return (
    <>
      <MailState mail={data.mail} />
      {data.items.length === 0 ? (
        <Empty icon={IconNotices}>{t('empty')}</Empty>
      ) : (
        <ul tabIndex={0} aria-label={t('title')}>
          {data.items.map((notice) => (
            <NoticeRow key={notice.id} notice={notice} fresh={fresh.has(notice.id) || !notice.read} onLeave={onLeave} />
          ))}
        </ul>
      )}
      <p className="mut sm">
        {t('kept')} {data.mail?.state === 'off' && t('mail.off')}
      </p>
    </>
  )
}

/** That no mail goes out, for those who can have it repaired. */
function MailState({ mail }: { mail: Notices['mail'] }) {
  const { t } = useTranslation('notify')
  const format = useFormat()
  if (mail?.state !== 'failing' || mail.since === undefined) return null
  return <Message tone="warning">{t('mail.failing', { time: format.short(mail.since), reason: t(`reason.${mail.reason ?? 'unreachable'}`) })}</Message>
}
