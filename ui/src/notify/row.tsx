import { useTranslation } from 'react-i18next'
import { PageLink } from '../kit/address'
import { Button } from '../kit/Button'
import { useCopy } from '../kit/details/CopyButton'
import { usePlace } from '../kit/scope'
import { When } from '../kit/When'
import type { Notice } from './queries'
import { targetOf } from './target'
import { useSaid } from './words'

interface RowProps {
  readonly notice: Notice
  /** Not read before the panel was opened. */
  readonly fresh: boolean
  readonly onLeave: () => void
}

/** One notice: the sentence leads to where more stands. */
export function NoticeRow({ notice, fresh, onLeave }: RowProps) {
  const { t } = useTranslation('notify')
  const { me } = usePlace()
  const { sentence, more } = useSaid()(notice)
  const target = targetOf(notice, me)
  return (
    <li className={fresh ? 'fresh' : undefined}>
      {fresh && <span className="unseen">{t('new')}</span>}
      {target === undefined ? (
        <p className="say">{sentence}</p>
      ) : (
        <PageLink {...target} className="say" onClick={onLeave}>
          {sentence}
        </PageLink>
      )}
      {more.length > 0 && <p className="sec sm">{more.join(' ')}</p>}
      <Checkpoint notice={notice} />
      <p className="mut sm">
        <When at={notice.at} />
        {notice.about.by !== undefined && <> · {t('by', { name: notice.about.by })}</>}
        {notice.customer === undefined && me.side === 'partner' && <> · {notice.tenantId}</>}
      </p>
      <MailNote notice={notice} />
    </li>
  )
}

/** A checkpoint is worth something only where the partner cannot reach it: so it can be taken along. */
function Checkpoint({ notice }: { notice: Notice }) {
  const { t } = useTranslation('notify')
  const copy = useCopy()
  const { line } = notice.about
  if (line === undefined) return null
  const text = typeof line === 'string' ? line : JSON.stringify(line)
  return (
    <Button small onClick={() => void copy(text, t('copied'))}>
      {t('copy')}
    </Button>
  )
}

/** What went wrong with the mail about a notice; a mail that was sent needs no word. */
function MailNote({ notice }: { notice: Notice }) {
  const { t } = useTranslation('notify')
  if (notice.mail === 'failed') return <p className="crit sm">{t('mail.failed', { reason: t(`reason.${notice.mailReason ?? 'old'}`) })}</p>
  if (notice.mail === 'waiting' && notice.mailReason !== undefined) return <p className="mut sm">{t('mail.waiting')}</p>
  return null
}
