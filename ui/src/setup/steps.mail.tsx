import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../kit/Button'
import { ChoiceField, NumberField, TextField } from '../kit/form/fields'
import { worstOf } from './findings'
import { mailOf, type StepProps } from './guide'
import { field, Tested, useGiven } from './parts'
import { ask } from './queries'

/** Through which server mail goes, if any. */
export function MailStep({ situation, draft, change, asking, onSent }: StepProps & { onSent: () => void }) {
  const { t } = useTranslation('setup')
  const given = useGiven(situation)
  const [to, setTo] = useState('')
  const send = async () => {
    const answer = await asking.run('letter', async () => {
      await ask.mail(mailOf(draft))
      return ask.testMail(to.trim())
    })
    if (worstOf(answer?.findings['mail']) === 'ok') onSent()
  }
  const words = { starttls: t('mail.starttls'), tls: t('mail.tlsAlways'), none: t('mail.none') }
  return (
    <>
      <p className="sec">{t('mail.lead')}</p>
      <div className="form">
        <ChoiceField
          {...field}
          name="mail"
          label={t('mail.how')}
          disabledReason={given('smtp-host')}
          value={draft.mail}
          onChange={(mail) => change({ mail })}
          options={[
            { value: 'none', label: t('mail.off'), hint: t('mail.offHint') },
            { value: 'server', label: t('mail.on') },
          ]}
        />
        {draft.mail === 'server' && (
          <>
            <TextField {...field} name="host" label={t('mail.host')} required mono maxLength={253} disabledReason={given('smtp-host')} value={draft.host} onChange={(host) => change({ host })} />
            <NumberField {...field} name="port" label={t('mail.port')} hint={t('mail.portHint')} min={0} max={65535} value={draft.port} onChange={(port) => change({ port: port ?? 0 })} />
            <ChoiceField
              {...field}
              name="tls"
              label={t('mail.tls')}
              value={draft.tls}
              onChange={(tls) => change({ tls })}
              options={(['starttls', 'tls', 'none'] as const).map((value) => ({ value, label: words[value] }))}
            />
            <TextField {...field} name="user" label={t('mail.user')} hint={t('mail.userHint')} maxLength={320} value={draft.user} onChange={(user) => change({ user })} />
            <TextField
              {...field}
              name="password"
              type="password"
              label={t('mail.password')}
              hint={situation.mail.passwordSet ? t('mail.passwordKept') : undefined}
              maxLength={1000}
              value={draft.password}
              onChange={(password) => change({ password })}
            />
            <TextField {...field} name="from" type="email" label={t('mail.from')} required maxLength={320} value={draft.from} onChange={(from) => change({ from })} />
            <TextField {...field} name="notice" label={t('mail.notice')} hint={t('mail.noticeHint')} maxLength={2000} value={draft.notice} onChange={(notice) => change({ notice })} />
            <TextField {...field} name="to" type="email" label={t('mail.test')} maxLength={320} value={to} onChange={setTo} />
            <div className="row">
              <Button busy={asking.busy === 'letter'} onClick={() => void send()}>
                {t('mail.send')}
              </Button>
            </div>
          </>
        )}
      </div>
      <Tested situation={situation} asking={asking} step="mail" known={situation.mail.host !== ''} />
    </>
  )
}
