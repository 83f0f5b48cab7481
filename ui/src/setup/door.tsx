import { useEffect, useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../api/client'
import { claimSetup } from '../api/setupToken'
import { Button } from '../kit/Button'
import { Failure } from '../kit/Failure'
import { TextField } from '../kit/form/fields'
import { Message } from '../kit/Message'
import { useReady } from './queries'

/** A narrow page with one matter. */
function Matter({ title, children }: { title: string; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <div className="signin">
      <main>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
      </main>
    </div>
  )
}

interface DoorProps {
  /** Why the token of the address was not taken. */
  readonly refused: unknown
  readonly onOpen: () => Promise<unknown>
}

/** Asks for the one-time token. */
export function Door({ refused, onOpen }: DoorProps) {
  const { t } = useTranslation('setup')
  const [token, setToken] = useState('')
  const [reason, setReason] = useState<string>()
  const [failed, setFailed] = useState<unknown>(refused)
  const [busy, setBusy] = useState(false)
  const open = async () => {
    if (token.trim() === '') {
      setReason(t('door.needed'))
      return
    }
    setBusy(true)
    setFailed(undefined)
    try {
      await claimSetup(token.trim())
      await onOpen()
    } catch (failure) {
      setFailed(failure)
    } finally {
      setBusy(false)
    }
  }
  const code = failed instanceof ApiError ? failed.code : ''
  return (
    <Matter title={t('door.title')}>
      <p className="sec lead">{t('door.lead')}</p>
      {code === 'setup-token-wrong' && <Message tone="critical">{t('door.wrong')}</Message>}
      {code === 'setup-token-used' && <Message tone="critical">{t('door.used')}</Message>}
      {failed !== undefined && !code.startsWith('setup-token') && <Failure error={failed} />}
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault()
          void open()
        }}
      >
        <TextField
          name="token"
          label={t('door.token')}
          hint={t('door.hint')}
          required
          mono
          maxLength={200}
          value={token}
          onChange={(typed) => {
            setToken(typed)
            setReason(undefined)
          }}
          onLeave={() => undefined}
          reason={reason}
        />
        <Button kind="primary" type="submit" busy={busy}>
          {t('door.open')}
        </Button>
      </form>
      <p className="sm mut privacy">{t('door.kept')}</p>
    </Matter>
  )
}

/** The browser came by plain http, through a proxy that does not say so. */
export function InClear() {
  const { t } = useTranslation('setup')
  useEffect(() => history.replaceState(null, '', location.pathname + location.search), []) // a token stays in no address bar here
  return (
    <Matter title={t('clear.title')}>
      <p className="sec lead">{t('clear.text', { host: location.host })}</p>
      <p className="sec">{t('clear.tunnel')}</p>
      <p className="sec">{t('clear.proxy')}</p>
      <pre className="lines" tabIndex={0}>
        {proxyLines}
      </pre>
    </Matter>
  )
}

/** What nginx has to say of a request that it hands on. */
const proxyLines = ['proxy_set_header Host $host;', 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;', 'proxy_set_header X-Forwarded-Proto $scheme;'].join('\n')

/** The guide is not there: Roomward serves. */
export function Over() {
  const { t } = useTranslation('setup')
  return (
    <Matter title={t('over.title')}>
      <p className="sec lead">{t('over.text')}</p>
      <a className="btn p" href="/">
        {t('over.open')}
      </a>
    </Matter>
  )
}

/** The guide has ended here; shows when Roomward answers in its place. */
export function Started({ address }: { address: string }) {
  const { t } = useTranslation('setup')
  const { data: ready } = useReady()
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    const patience = setTimeout(() => setSlow(true), 15_000)
    return () => clearTimeout(patience)
  }, [])
  if (ready !== true) {
    return (
      <Matter title={t('started.title')}>
        <p className="sec lead" role="status">
          {t('started.text')}
        </p>
        {slow && <Message tone="warning">{t('started.slow')}</Message>}
      </Matter>
    )
  }
  return (
    <Matter title={t('started.ready')}>
      <p className="sec lead">{t('started.readyText', { address })}</p>
      <a className="btn p" href={address}>
        {t('started.open')}
      </a>
    </Matter>
  )
}
