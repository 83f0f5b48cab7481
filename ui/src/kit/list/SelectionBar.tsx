import { useTranslation } from 'react-i18next'
import { useFormat } from '../../text/i18n'

interface SelectionBarProps {
  readonly count: number
  /** Rows that are loaded: only those can be selected. */
  readonly loaded: number
  readonly onAll: () => void
  readonly onClear: () => void
}

/** Instead of the filters, while rows are ticked: how many, all, none. */
export function SelectionBar({ count, loaded, onAll, onClear }: SelectionBarProps) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <div className="filters chosen" role="status">
      <span className="b">{t('list.selected', { count, shown: format.number(count) })}</span>
      {count < loaded && (
        <button type="button" className="link" onClick={onAll}>
          {t('list.selectAll', { count: loaded, shown: format.number(loaded) })}
        </button>
      )}
      <button type="button" className="link" onClick={onClear}>
        {t('list.clearSelection')}
      </button>
    </div>
  )
}
