import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refresh } from '../api/query'
import { Allowed } from '../kit/Allowed'
import { Button } from '../kit/Button'
import { useCopy } from '../kit/details/CopyButton'
import { Loaded } from '../kit/Failure'
import { IconCopyLink } from '../kit/icons'
import { useSentence } from '../kit/problem'
import { usePlace } from '../kit/scope'
import { useToast } from '../kit/toast'
import { checkNow, useCapabilities } from './queries'

/** What a customer's consent and Microsoft's API allow. */
export function WorksTab({ id }: { id: string }) {
  const { t } = useTranslation('collect')
  const { t: common } = useTranslation()
  const query = useCapabilities(id)
  const client = useQueryClient()
  const { session } = usePlace()
  const toast = useToast()
  const sentence = useSentence()
  const copy = useCopy()
  const [checking, setChecking] = useState(false)
  const check = async () => {
    setChecking(true)
    try {
      await checkNow(id)
      toast(common('can.asked'))
    } catch (error) {
      const reason = sentence(error)
      if (reason !== undefined) toast(reason, { tone: 'critical' })
    }
    await refresh(client, session, 'collect', 'capabilities')
    setChecking(false)
  }
  return (
    <Loaded query={query} lines={8}>
      {(known) => (
        <Allowed
          known={known}
          side="partner"
          checking={checking}
          onCheck={() => void check()}
          action={
            <>
              {known.items.some((one) => one.mend === 'consent') && (
                <Button icon={IconCopyLink} onClick={() => void copy(`${window.location.origin}/consent`, t('command.consentCopied'))}>
                  {t('command.copyConsent')}
                </Button>
              )}
              {known.items.some((one) => one.mend === 'consent-acting') && (
                <Button icon={IconCopyLink} onClick={() => void copy(`${window.location.origin}/consent/acting`, t('command.consentCopied'))}>
                  {t('command.copyActing')}
                </Button>
              )}
            </>
          }
        />
      )}
    </Loaded>
  )
}
