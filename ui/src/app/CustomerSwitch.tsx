import { Popover, PopoverSurface, PopoverTrigger } from '@fluentui/react-components'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import type { Customer } from '../api/can'
import type { Holding } from '../api/me'
import { useAnnounce } from '../kit/announce'
import { IconCheck, IconChevronDown, IconCustomers, IconOrganisation } from '../kit/icons'
import { Tag } from '../kit/status'
import { useFormat } from '../text/i18n'
import { matching, mostShown, recentOf, used } from './customers'
import { useFrame, useWhere } from './frame'
import { switchTo } from './nav'

/** One line of the list. Recent ones stand twice: above, and in their place. */
interface Line {
  readonly key: string
  readonly id: Customer
  readonly holding: Holding | undefined
  readonly group: 'all' | 'recent' | 'every'
}

interface SwitchProps {
  readonly open: boolean
  readonly onOpen: (open: boolean) => void
}

/** Which customer the pages show: all, or one. The choice goes into the address, so two tabs may show two customers. */
export function CustomerSwitch({ open, onOpen: setOpen }: SwitchProps) {
  const { t } = useTranslation('app')
  const { me, pages } = useFrame()
  const { customer, page } = useWhere()
  const navigate = useNavigate()
  const format = useFormat()
  // Kept in this tab's memory only: names of customers are not for the browser's storage.
  const [lately, setLately] = useState<readonly string[]>([])
  const here = me.holdings.find((holding) => holding.customerId === customer)
  const name = here?.customerName ?? t('switch.all')

  const choose = (id: Customer) => {
    setOpen(false)
    if (id !== 'all') setLately((before) => used(before, id))
    if (id !== customer) void navigate({ to: switchTo(me, pages, page, id) } as never)
  }
  return (
    <Popover open={open} onOpenChange={(_, data) => setOpen(data.open)} positioning="below-start" trapFocus>
      <PopoverTrigger disableButtonEnhancement>
        <button type="button" className="scope" aria-label={t('switch.label', { name })}>
          {here ? <IconOrganisation className="i" aria-hidden /> : <IconCustomers className="i" aria-hidden />}
          <span className="el">{name}</span>
          <span className="mut">{here ? here.rooms !== undefined && format.number(here.rooms) : format.number(me.holdings.length)}</span>
          <IconChevronDown className="i s" aria-hidden />
        </button>
      </PopoverTrigger>
      <PopoverSurface className="switch" aria-label={t('switch.list')}>
        <Choices holdings={me.holdings} lately={lately} customer={customer} onChoose={choose} />
      </PopoverSurface>
    </Popover>
  )
}

interface ChoicesProps {
  readonly holdings: readonly Holding[]
  readonly lately: readonly string[]
  readonly customer: Customer
  readonly onChoose: (id: Customer) => void
}

/** A search field over a list, by the combobox pattern: the field keeps the focus, the arrows walk the list. */
function Choices({ holdings, lately, customer, onChoose }: ChoicesProps) {
  const { t } = useTranslation('app')
  const announce = useAnnounce()
  const base = useId()
  const [typed, setTyped] = useState('')
  const found = useMemo(() => matching(holdings, typed), [holdings, typed])
  const lines = useMemo((): readonly Line[] => {
    const recent = typed === '' ? recentOf(holdings, lately) : []
    return [
      ...(typed === '' ? [{ key: 'all', id: 'all', holding: undefined, group: 'all' } as const] : []),
      ...recent.map((holding) => ({ key: `r-${holding.customerId}`, id: holding.customerId, holding, group: 'recent' }) as const),
      ...found.slice(0, mostShown).map((holding) => ({ key: holding.customerId, id: holding.customerId, holding, group: 'every' }) as const),
    ]
  }, [found, holdings, lately, typed])
  const [active, setActive] = useState(() => Math.max(0, lines.findIndex((line) => line.id === customer && line.group !== 'recent')))
  const list = useRef<HTMLUListElement>(null)
  const now = lines[Math.min(active, lines.length - 1)]

  useEffect(() => {
    list.current?.querySelector('[data-active]')?.scrollIntoView({ block: 'nearest' })
  }, [now])

  const onKeyDown = (event: KeyboardEvent) => {
    const last = lines.length - 1
    const to = { ArrowDown: Math.min(active + 1, last), ArrowUp: Math.max(active - 1, 0), PageDown: Math.min(active + 8, last), PageUp: Math.max(active - 8, 0) }[event.key]
    if (to !== undefined) {
      event.preventDefault()
      setActive(to)
    }
    if (event.key === 'Enter' && now) {
      event.preventDefault()
      onChoose(now.id)
    }
  }
  const heading = (line: Line, index: number) => {
    if (lines[index - 1]?.group === line.group || !lines.some((l) => l.group === 'recent')) return undefined
    if (line.group === 'recent') return t('switch.recent')
    return line.group === 'every' ? t('switch.list') : undefined
  }
  return (
    <>
      <input
        className="input"
        role="combobox"
        aria-label={t('switch.find')}
        aria-expanded
        aria-controls={`${base}-list`}
        aria-activedescendant={now && `${base}-${now.key}`}
        aria-autocomplete="list"
        autoComplete="off"
        spellCheck={false}
        placeholder={t('switch.find')}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value)
          setActive(0)
          announce(t('switch.found', { count: matching(holdings, event.target.value).length }))
        }}
        onKeyDown={onKeyDown}
      />
      <ul role="listbox" id={`${base}-list`} aria-label={t('switch.list')} ref={list}>
        {lines.map((line, index) => {
          const head = heading(line, index)
          const name = line.holding?.customerName ?? t('switch.all')
          return [
            head !== undefined && (
              <li key={`head-${line.group}`} role="presentation" className="mut sm headline">
                {head}
              </li>
            ),
            <li
              key={line.key}
              id={`${base}-${line.key}`}
              role="option"
              aria-selected={line.id === customer}
              data-active={line === now || undefined}
              onMouseEnter={() => setActive(index)}
              onClick={() => onChoose(line.id)}
            >
              {line.id === customer ? <IconCheck className="i" aria-hidden /> : <span className="i" />}
              <span className="el">{name}</span>
              {line.holding?.state === 'consent-withdrawn' && <Tag tone="warning">{t('switch.withdrawn')}</Tag>}
              {line.holding?.state === 'without-admin' && <Tag tone="warning">{t('switch.withoutAdmin')}</Tag>}
              {line.holding?.stepUp && <Tag tone="brand">{t('stepUp.state')}</Tag>}
              {line.holding?.rooms !== undefined && <span className="mut sm">{t('switch.rooms', { count: line.holding.rooms })}</span>}
            </li>,
          ]
        })}
      </ul>
      {lines.length === 0 && <p className="mut none">{t('switch.none')}</p>}
      {found.length > mostShown && <p className="mut sm none">{t('switch.more', { count: found.length - mostShown })}</p>}
    </>
  )
}
