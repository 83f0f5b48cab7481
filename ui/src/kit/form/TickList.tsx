import { useId, useRef, useState, type KeyboardEvent } from 'react'
import { IconCheck12 } from '../icons'

/** One line that can be ticked. */
export interface TickOption {
  readonly id: string
  readonly label: string
  readonly detail?: string
  readonly end?: string
}

interface TickListProps {
  /** The accessible name. */
  readonly label: string
  readonly options: readonly TickOption[]
  readonly ticked: readonly string[]
  readonly onTick: (option: TickOption) => void
}

/** Ticks of any number in a box that scrolls: one tab stop, arrows walk, Space or Enter ticks. */
export function TickList({ label, options, ticked, onTick }: TickListProps) {
  const id = useId()
  const box = useRef<HTMLUListElement>(null)
  const [activeId, setActiveId] = useState<string>()
  const active = Math.max(0, options.findIndex((option) => option.id === activeId))
  const tick = (option: TickOption) => {
    setActiveId(option.id)
    onTick(option)
  }
  const walk = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const last = options.length - 1
    const to = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + 8, PageUp: active - 8, Home: 0, End: last }[event.key]
    const option = options[to === undefined ? active : Math.max(0, Math.min(last, to))]
    if (option === undefined || (to === undefined && event.key !== ' ' && event.key !== 'Enter')) return
    event.preventDefault()
    if (to === undefined) return tick(option)
    setActiveId(option.id)
    box.current?.children[options.indexOf(option)]?.scrollIntoView({ block: 'nearest' })
  }
  return (
    <ul
      ref={box}
      className="ticks"
      role="listbox"
      aria-label={label}
      aria-multiselectable
      aria-activedescendant={options.length > 0 ? `${id}-${active}` : undefined}
      tabIndex={0}
      onKeyDown={walk}
    >
      {options.map((option, i) => {
        const on = ticked.includes(option.id)
        return (
          <li
            key={option.id}
            id={`${id}-${i}`}
            role="option"
            aria-selected={on}
            className={i === active ? 'active' : undefined}
            onClick={() => tick(option)}
          >
            <span className={on ? 'cb on' : 'cb'} aria-hidden>
              {on && <IconCheck12 className="i" />}
            </span>
            <span className="grow el">
              {option.label} {option.detail !== undefined && option.detail !== '' && <span className="mut">{option.detail}</span>}
            </span>
            {option.end !== undefined && <span className="mut sm">{option.end}</span>}
          </li>
        )
      })}
    </ul>
  )
}
