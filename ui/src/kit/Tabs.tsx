import { useRef } from 'react'
import { useFormat } from '../text/i18n'
import { useRoving } from './roving'

/** One tab of a row of tabs. */
export interface Tab {
  readonly value: string
  readonly label: string
  readonly count?: number | undefined
}

interface TabsProps {
  /** What the tabs divide: the accessible name. */
  readonly label: string
  readonly tabs: readonly Tab[]
  readonly value: string
  readonly onChange: (value: string) => void
  /** Id of the element that the tabs change. */
  readonly panel?: string
}

/** A row of tabs: one tab stop, arrows inside; the arrow moves, Enter or Space chooses. */
export function Tabs({ label, tabs, value, onChange, panel }: TabsProps) {
  const bar = useRef<HTMLDivElement>(null)
  const format = useFormat()
  const roving = useRoving(bar)
  return (
    <div ref={bar} className="tabs" role="tablist" aria-label={label} {...roving}>
      {tabs.map((tab) => (
        <button
          key={tab.value}
          type="button"
          role="tab"
          aria-selected={tab.value === value}
          aria-controls={panel}
          onClick={() => {
            if (tab.value !== value) onChange(tab.value)
          }}
        >
          {tab.label}
          {tab.count !== undefined && <span className="n"> {format.number(tab.count)}</span>}
        </button>
      ))}
    </div>
  )
}
