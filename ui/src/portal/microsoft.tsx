import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refresh } from '../api/query'
import { Allowed } from '../kit/Allowed'
import { Loaded } from '../kit/Failure'
import { Card, PlainPage } from '../kit/Page'
import { useSentence } from '../kit/problem'
import { usePlace } from '../kit/scope'
import { useToast } from '../kit/toast'
import { InForce, type InForceProps } from './inForce'
import { checkOwnNow, feature, useOwnCapabilities } from './queries'
import './portal.css'

/** What the own consent and Microsoft's API allow, by real tries. */
export function Page() {
  const { t } = useTranslation('portal')
  return (
    <InForce title={t('microsoft.title')}>
      {(props) => (
        <PlainPage title={t('microsoft.title')}>
          <Works {...props} />
        </PlainPage>
      )}
    </InForce>
  )
}

function Works({ partnership }: InForceProps) {
  const { t } = useTranslation('portal')
  const { t: common } = useTranslation()
  const query = useOwnCapabilities()
  const client = useQueryClient()
  const { session } = usePlace()
  const toast = useToast()
  const sentence = useSentence()
  const [checking, setChecking] = useState(false)
  const check = async () => {
    setChecking(true)
    try {
      await checkOwnNow()
      toast(common('can.asked'))
    } catch (error) {
      const reason = sentence(error)
      if (reason !== undefined) toast(reason, { tone: 'critical' })
    }
    await refresh(client, session, feature, 'capabilities')
    setChecking(false)
  }
  return (
    <>
      <p className="sec">{t('microsoft.lead', { partner: partnership.partner.name })}</p>
      <Card>
        <Loaded query={query} lines={8}>
          {(known) => (
            <Allowed
              known={known}
              side="customer"
              checking={checking}
              onCheck={() => void check()}
              action={
                <>
                  {known.items.some((one) => one.mend === 'consent') && (
                    <a className="btn" href="/consent">
                      {t('consent.again')}
                    </a>
                  )}
                  {known.items.some((one) => one.mend === 'consent-acting') && (
                    <a className="btn" href="/consent/acting">
                      {t('acting.give')}
                    </a>
                  )}
                </>
              }
            />
          )}
        </Loaded>
      </Card>
    </>
  )
}
