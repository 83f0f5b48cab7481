import { Link } from '@tanstack/react-router'
import { Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { IconMenu } from '../kit/icons'
import { Tag } from '../kit/status'
import { Tile } from '../kit/Tile'
import { CustomerSwitch } from './CustomerSwitch'
import { useFrame } from './frame'
import { HelpMenu } from './HelpMenu'
import { Mark, Wordmark } from './Mark'
import { hasNoRole } from './nav'
import { PersonMenu } from './PersonMenu'
import { tools } from './routes'
import { SearchBox } from './SearchBox'

interface TopBarProps {
  /** Whether the navigation is open. */
  readonly open: boolean
  readonly onToggle: () => void
  /** Whether the customer switch is open. */
  readonly switching: boolean
  readonly onSwitch: (open: boolean) => void
}

/** The bar over everything: name, customer, search, the person. A customer's own people have no customer to switch. */
export function TopBar({ open, onToggle, switching, onSwitch }: TopBarProps) {
  const { t } = useTranslation('app')
  const { me } = useFrame()
  const toggle = open ? t('nav.close') : t('nav.open')
  return (
    <header className="top">
      <button type="button" className="ib" aria-expanded={open} aria-label={toggle} title={toggle} onClick={onToggle}>
        <IconMenu className="i" aria-hidden />
      </button>
      <Link to="/" className="brand" aria-label={t('home')}>
        <Mark />
        <Wordmark />
      </Link>
      {me.side === 'customer' && (
        <div className="own">
          <Tile name={me.organisation.name} square />
          <span className="b el">{me.organisation.name}</span>
          <Tag tone="line">{t('portal')}</Tag>
        </div>
      )}
      {me.holdings.length > 0 && <CustomerSwitch open={switching} onOpen={onSwitch} />}
      {me.side === 'partner' && !hasNoRole(me) && <SearchBox />}
      <div className="tools">
        {me.demo && (
          <span title={t('demoTitle')}>
            <Tag tone="brand">{t('demo')}</Tag>
          </span>
        )}
        {tools.map(({ path, Tool }) => (
          <Suspense key={path} fallback={<span className="ib" />}>
            <Tool />
          </Suspense>
        ))}
        <HelpMenu />
        <PersonMenu />
      </div>
    </header>
  )
}
