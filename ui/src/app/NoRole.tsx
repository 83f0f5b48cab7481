import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { refreshMe } from '../api/me'
import { useTitle } from '../kit/announce'
import { useFrame } from './frame'

/** Says whom to ask, to a member whom nobody gave a role. */
export function NoRole() {
  const { t } = useTranslation('app')
  const { me } = useFrame()
  const client = useQueryClient()
  useTitle(t('noRole.title'))
  return (
    <div className="only">
      <h1>{t('noRole.title')}</h1>
      <p>{t('noRole.text')}</p>
      <p className="sec">
        {t('noRole.who')} <span className="mono">{me.person.userPrincipalName}</span>
      </p>
      <p className="row">
        <button type="button" className="btn" onClick={() => void refreshMe(client)}>
          {t('noRole.again')}
        </button>
        <span className="mut">{t('noRole.then')}</span>
      </p>
    </div>
  )
}
