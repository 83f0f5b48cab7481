import { Popover, PopoverSurface, PopoverTrigger } from '@fluentui/react-components'
import { useTranslation } from 'react-i18next'
import { IconButton } from '../Button'
import { IconColumns } from '../icons'
import { useKept } from '../kept'
import { ChoiceList } from './ChoiceList'
import type { Column } from './spec'

/** The columns that the person hid, kept in this browser by their names. */
export function useHiddenColumns(word: string): [ReadonlySet<string>, (hidden: readonly string[]) => void] {
  const [text, keep] = useKept(`hidden.${word}`)
  const hidden = new Set((text ?? '').split(',').filter((id) => id !== ''))
  return [hidden, (next) => keep(next.join(','))]
}

interface ColumnChooserProps<Row> {
  readonly columns: readonly Column<Row>[]
  readonly hidden: ReadonlySet<string>
  readonly onChange: (hidden: readonly string[]) => void
}

/** Which columns are shown. Those without a hide order belong to every row and cannot go. */
export function ColumnChooser<Row>({ columns, hidden, onChange }: ColumnChooserProps<Row>) {
  const { t } = useTranslation()
  const movable = columns.filter((c) => c.hide !== undefined)
  if (movable.length === 0) return null
  return (
    <Popover trapFocus positioning="below-end">
      <PopoverTrigger disableButtonEnhancement>
        <IconButton icon={IconColumns} label={t('list.columns')} />
      </PopoverTrigger>
      <PopoverSurface className="pop" aria-label={t('list.columns')}>
        <ChoiceList
          label={t('list.columns')}
          choices={movable.map((c) => ({ value: c.id, label: c.name ?? c.head }))}
          values={movable.filter((c) => !hidden.has(c.id)).map((c) => c.id)}
          onChange={(shown) => onChange(movable.filter((c) => !shown.includes(c.id)).map((c) => c.id))}
        />
      </PopoverSurface>
    </Popover>
  )
}
