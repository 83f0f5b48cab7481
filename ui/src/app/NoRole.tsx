import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { refreshMe } from '../api/me'
import { useTitle } from '../kit/announce'
import { useFrame } from './frame'

/** Says whom to ask, to a member whom nobody gave a role, or whose last one has just ended. */
export function NoRole() {
  const { t } = useTranslation('app')
  const { me, hadRole } = useFrame()
  const client = useQueryClient()
  const title = t(hadRole ? 'noRole.endedTitle' : 'noRole.title')
  const contacts = me.contacts ?? []
  useTitle(title)
  return (
    <div className="only">
      <h1>{title}</h1>
      <p>{t(hadRole ? 'noRole.endedText' : 'noRole.text')}</p>
      {contacts.length > 0 && (
        <div>
          <p className="sec">{t('noRole.contacts')}</p>
          <ul className="bullets">
            {contacts.map((name, i) => (
              <li key={i}>{name}</li>
            ))}
          </ul>
        </div>
      )}
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
