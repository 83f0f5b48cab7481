import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useTitle } from '../kit/announce'

/** The same words for what is not there and for what is not this person's to see. */
export function NotFound() {
  const { t } = useTranslation('app')
  useTitle(t('notFound.title'))
  return (
    <div className="only">
      <h1>{t('notFound.text')}</h1>
      <p>
        <Link to="/">{t('notFound.back')}</Link>
      </p>
    </div>
  )
}
