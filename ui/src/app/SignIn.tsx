import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { signinAddress } from '../api/signout'
import { useTitle } from '../kit/announce'
import { IconChevronRight, IconCritical20, IconInfo20, IconKey, IconOrganisation, IconTenantManagers, type Icon } from '../kit/icons'
import { Choices } from './Choices'
import { Mark, Wordmark } from './Mark'
import { failedStepUp } from './stepUp'

/** Codes of a refused sign-in: app/signin/callback.go. */
const refusals = [
  'guest',
  'personal-account',
  'wrong-tenant',
  'state',
  'denied',
  'unavailable',
  'registration-refused',
  'clock-skew',
  'consent-needed',
  'government-cloud',
  'step-up-cancelled',
  'step-up-refused',
  'step-up-missing',
  'invalid',
] as const
type Refusal = (typeof refusals)[number]

/** The refusal that the address tells, if any. Codes of a newer server are shown as the last one. */
export function refusalOf(search: URLSearchParams): Refusal | undefined {
  const code = search.get('error')
  if (code === null) return undefined
  return refusals.find((known) => known === code) ?? 'invalid'
}

/** Where each side comes back to after signing in here: this address, when it is one of theirs. */
export function backTo(side: 'partner' | 'customer', pathname: string, search: string): string | undefined {
  if (pathname === '/' || pathname === '/welcome') return undefined
  const portal = pathname === '/portal' || pathname.startsWith('/portal/')
  return portal === (side === 'customer') ? pathname + search : undefined
}

interface SignInProps {
  /** Whose session ended while they worked. */
  readonly over?: { readonly login: string; readonly side: 'partner' | 'customer' }
}

/** Sends the person to the right sign-in of Entra. */
export function SignIn({ over }: SignInProps) {
  const { t } = useTranslation('app')
  const search = new URLSearchParams(location.search)
  const refusal = over ? undefined : refusalOf(search)
  const more = refusal && failedStepUp(search)
  const request = search.get('request')
  const heading = useRef<HTMLHeadingElement>(null)
  useTitle(t('signIn.title'))
  useEffect(() => heading.current?.focus(), [])

  const to = (side: 'partner' | 'customer', login?: string) =>
    signinAddress({ side, login, back: backTo(side, location.pathname, location.search) })
  return (
    <div className="signin">
      <main>
        <Mark />
        <h1 ref={heading} tabIndex={-1}>
          <Wordmark />
        </h1>
        <p className="sec lead">{t('product')}</p>
        {over && (
          <div className="note br" role="alert">
            <IconInfo20 className="i" aria-hidden />
            <p>{t('signIn.over')}</p>
          </div>
        )}
        {refusal && (
          <div className="note cr" role="alert">
            <IconCritical20 className="i" aria-hidden />
            <p>
              {t(`signIn.error.${refusal}`)}
              {request !== null && <span className="mono mut request">{t('signIn.request', { id: request })}</span>}
            </p>
          </div>
        )}
        {more ? (
          <>
            <Way primary icon={IconKey} to={signinAddress({ stepUp: more.context, back: more.back })} what={t('signIn.stepUp')} whom={t('signIn.stepUpFor')} />
            <Way icon={IconOrganisation} to={more.back} what={t('signIn.goOn')} whom={t('signIn.goOnFor')} />
          </>
        ) : over ? (
          <>
            <Way primary icon={IconTenantManagers} to={to(over.side, over.login)} what={t('signIn.again')} whom={t('signIn.againFor', { login: over.login })} />
            <Way icon={IconOrganisation} to="/welcome" what={t('signIn.other')} />
          </>
        ) : (
          <>
            <Way primary icon={IconTenantManagers} to={to('partner')} what={t('signIn.partner')} whom={t('signIn.partnerFor')} />
            <Way icon={IconOrganisation} to={to('customer')} what={t('signIn.customer')} whom={t('signIn.customerFor')} />
          </>
        )}
        <p className="sm mut privacy">{t('signIn.privacy')}</p>
      </main>
      <footer>
        <a href="/help/locked-out">{t('help')}</a>
        <Choices />
      </footer>
    </div>
  )
}

/** One way in. A link, because the whole page moves to Entra. */
function Way({ icon: Glyph, to, what, whom, primary }: { icon: Icon; to: string; what: string; whom?: string; primary?: boolean }) {
  return (
    <a className={primary ? 'way p' : 'way'} href={to}>
      <Glyph className="i" aria-hidden />
      <span>
        <span className="b">{what}</span>
        {whom !== undefined && <span className="sm mut whom">{whom}</span>}
      </span>
      <IconChevronRight className="i s" aria-hidden />
    </a>
  )
}
