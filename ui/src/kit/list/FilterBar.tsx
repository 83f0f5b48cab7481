import { useRef, useState, type ReactNode } from 'react'
import { Popover, PopoverSurface, PopoverTrigger } from '@fluentui/react-components'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../../text/i18n'
import { IconAdd12, IconClose12 } from '../icons'
import { useRoving } from '../roving'
import { ChoiceList } from './ChoiceList'
import { daysOf, daysWords } from './days'
import { DaysEntry, TextEntry } from './FilterEntry'
import type { ListAddress } from './state'
import type { Filter } from './spec'

interface FilterBarProps {
  readonly filters: readonly Filter[]
  readonly address: ListAddress
  readonly aside?: ReactNode
  readonly dropSearch: () => void
}

/** The pills above the rows: each opens its values; extra ones come by "+ Filter". All of it stands in the address. */
export function FilterBar({ filters, address, aside, dropSearch }: FilterBarProps) {
  const { t } = useTranslation()
  const bar = useRef<HTMLDivElement>(null)
  const roving = useRoving(bar)
  const [added, setAdded] = useState<readonly string[]>([])
  const { ask } = address
  const shown = filters.filter((f) => f.extra !== true || ask.filters[f.id] !== undefined || added.includes(f.id))
  const more = filters.filter((f) => !shown.includes(f))
  return (
    <div ref={bar} className="filters" role="toolbar" aria-label={t('list.filters')} {...roving}>
      {ask.q !== '' && (
        <span className="pill on">
          <span>
            {t('list.filterIs', { name: t('list.searched') })} <b>{ask.q}</b>
          </span>
          <button type="button" aria-label={t('list.clearFilter', { name: t('list.searched') })} onClick={dropSearch}>
            <IconClose12 className="i xs" aria-hidden />
          </button>
        </span>
      )}
      {shown.map((filter) => (
        <Pill
          key={filter.id}
          filter={filter}
          values={ask.filters[filter.id] ?? []}
          opened={added.at(-1) === filter.id && ask.filters[filter.id] === undefined}
          onChange={(values) => address.setFilter(filter, values)}
          onClear={() => {
            setAdded((before) => before.filter((id) => id !== filter.id))
            address.setFilter(filter, [])
          }}
        />
      ))}
      {more.length > 0 && <AddFilter filters={more} onAdd={(id) => setAdded((before) => [...before, id])} />}
      {Object.keys(ask.filters).length + (ask.q === '' ? 0 : 1) > 1 && (
        <button type="button" className="link sm" onClick={address.clear}>
          {t('list.clearFilters')}
        </button>
      )}
      {aside !== undefined && <span className="end row">{aside}</span>}
    </div>
  )
}

interface PillProps {
  readonly filter: Filter
  readonly values: readonly string[]
  readonly opened: boolean
  readonly onChange: (values: readonly string[]) => void
  readonly onClear: () => void
}

function Pill({ filter, values, opened, onChange, onClear }: PillProps) {
  const { t } = useTranslation()
  const format = useFormat()
  const [open, setOpen] = useState(opened)
  const on = values.length > 0
  const options = filter.options ?? []
  const words = values.map((v) => {
    const days = filter.days === true ? daysOf(v) : undefined
    return options.find((o) => o.value === v)?.label ?? (days === undefined ? v : daysWords(days, format, (end, day) => t(end === 'from' ? 'list.since' : 'list.until', { day })))
  })
  const text = words.length <= 3 ? words.join(', ') : `${words.slice(0, 2).join(', ')} +${format.number(words.length - 2)}`
  const enter = (value: string) => {
    setOpen(false)
    onChange(value === '' ? [] : [value])
  }
  return (
    <span className={on ? 'pill on' : 'pill'}>
      <Popover trapFocus open={open} onOpenChange={(_, data) => setOpen(data.open)} positioning="below-start">
        <PopoverTrigger disableButtonEnhancement>
          <button type="button" title={on ? words.join(', ') : undefined}>
            {on ? (
              <>
                {t('list.filterIs', { name: filter.label })} <b>{text}</b>
              </>
            ) : (
              filter.label
            )}
          </button>
        </PopoverTrigger>
        <PopoverSurface className="pop" aria-label={filter.label}>
          {filter.text === undefined ? (
            <ChoiceList label={filter.label} choices={options} values={values} single={filter.single} onChange={onChange} />
          ) : (
            <TextEntry label={filter.text} value={values[0] ?? ''} onChange={enter} />
          )}
          {filter.days === true && <DaysEntry key={values[0] ?? ''} value={values[0] ?? ''} onChange={enter} />}
        </PopoverSurface>
      </Popover>
      {on && (
        <button type="button" aria-label={t('list.clearFilter', { name: filter.label })} onClick={onClear}>
          <IconClose12 className="i xs" aria-hidden />
        </button>
      )}
    </span>
  )
}

function AddFilter({ filters, onAdd }: { filters: readonly Filter[]; onAdd: (id: string) => void }) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  return (
    <span className="pill add">
      <Popover trapFocus open={open} onOpenChange={(_, data) => setOpen(data.open)} positioning="below-start">
        <PopoverTrigger disableButtonEnhancement>
          <button type="button" aria-label={t('list.addFilterName')}>
            <IconAdd12 className="i xs" aria-hidden />
            {t('list.addFilter')}
          </button>
        </PopoverTrigger>
        <PopoverSurface className="pop" aria-label={t('list.addFilterName')}>
          <div className="choices">
            {filters.map((filter) => (
              <button
                key={filter.id}
                type="button"
                className="tick"
                onClick={() => {
                  setOpen(false)
                  onAdd(filter.id)
                }}
              >
                {filter.label}
              </button>
            ))}
          </div>
        </PopoverSurface>
      </Popover>
    </span>
  )
}
