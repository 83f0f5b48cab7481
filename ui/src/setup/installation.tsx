import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../kit/Button'
import { Loaded } from '../kit/Failure'
import { IconCollect } from '../kit/icons'
import { Message } from '../kit/Message'
import { PlainPage } from '../kit/Page'
import { useSentence } from '../kit/problem'
import { useToast } from '../kit/toast'
import { When } from '../kit/When'
import { Findings } from './findings'
import { checkInstallation, useCheckup, useKeepCheckup, type Checkup } from './queries'
import './setup.css'

/** What the checks of the installation find, and a way to have them made now. */
export function Page() {
  const { t } = useTranslation('setup')
  const query = useCheckup()
  const keep = useKeepCheckup()
  const toast = useToast()
  const sentence = useSentence()
  const [asking, setAsking] = useState(false)
  const check = async () => {
    setAsking(true)
    try {
      keep(await checkInstallation())
    } catch (error) {
      const reason = sentence(error)
      if (reason !== undefined) toast(reason, { tone: 'critical' })
    }
    setAsking(false)
  }
  return (
    <PlainPage
      title={t('installation.title')}
      actions={
        <Button kind="primary" icon={IconCollect} busy={asking || query.data?.running === true} onClick={() => void check()}>
          {t('installation.check')}
        </Button>
      }
    >
      <div className="stack-l">
        <p className="sec">{t('installation.lead')}</p>
        <Loaded query={query} lines={8}>
          {(checkup) => (
            <>
              <Progress checkup={checkup} />
              <Summary checkup={checkup} />
              <Findings outcomes={checkup.findings} />
            </>
          )}
        </Loaded>
      </div>
    </PlainPage>
  )
}

/** How far a run is, or when the last one ended. */
function Progress({ checkup: { running, done, of, endedAt } }: { checkup: Checkup }) {
  const { t } = useTranslation('setup')
  if (running) {
    return (
      <div className="stack">
        <p role="status">{of === 0 ? t('installation.begins') : t('installation.running', { done, of })}</p>
        <progress className="going" aria-label={t('installation.progress')} max={of || undefined} value={of === 0 ? undefined : done} />
      </div>
    )
  }
  if (endedAt === undefined) return <p className="sec">{t('installation.never')}</p>
  const [before, after] = t('installation.checked').split('|')
  return (
    <p className="sec" role="status">
      {before}
      <When at={endedAt} />
      {after}
    </p>
  )
}

/** In one sentence how it stands, when a run has ended. */
function Summary({ checkup: { endedAt, findings } }: { checkup: Checkup }) {
  const { t } = useTranslation('setup')
  if (endedAt === undefined) return null
  const [broken, warning] = (['broken', 'warning'] as const).map((state) => findings.filter((one) => one.state === state).length)
  if (broken) return <Message tone="critical">{t('installation.broken', { count: broken })}</Message>
  if (warning) return <Message tone="warning">{t('installation.warning', { count: warning })}</Message>
  return <Message tone="healthy">{t('installation.well')}</Message>
}
