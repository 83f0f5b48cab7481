import { useTranslation } from 'react-i18next'
import { ApiError } from '../api/client'
import { Failure } from '../kit/Failure'
import { usePermissionWords } from '../kit/permission'
import { useFormat } from '../text/i18n'

/** The permissions that a refusal is about. */
export function refusedBy(error: unknown): readonly string[] {
  if (!(error instanceof ApiError) || error.code === 'invalid') return []
  return error.fields.filter((field) => field.location === 'body.permissions').map((field) => field.message)
}

/** Why a change was refused, with the permissions that it is about. */
export function Refused({ error }: { error: unknown }) {
  const { t } = useTranslation('access')
  const format = useFormat()
  const words = usePermissionWords()
  const about = refusedBy(error)
  return (
    <div className="stack">
      <Failure error={error} />
      {about.length > 0 && (
        <p>{t('roles.refusedAbout', { list: format.list(about.map(words.whole)) })}</p>
      )}
    </div>
  )
}
