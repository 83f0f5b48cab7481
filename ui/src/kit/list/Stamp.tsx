import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../../text/i18n'
import { IconWarning16 } from '../icons'

/** When the data were true, at the right of the title; what is late stands before it, as a warning. */
export function Stamp({ at, late, old }: { at: string | number | undefined; late?: ReactNode; old?: boolean }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <>
      {late !== undefined && late !== null && late !== false && (
        <span className="late">
          <IconWarning16 className="i s" aria-hidden />
          {late}
        </span>
      )}
      {at !== undefined && (
        <span className={old ? 'asof late' : 'asof'} title={t('kit.asOfTitle', { local: format.moment(at), utc: format.utc(at) })}>
          {old ? <IconWarning16 className="i s" aria-hidden /> : <i />}
          {t('kit.asOf', { time: format.short(at) })}
        </span>
      )}
    </>
  )
}
