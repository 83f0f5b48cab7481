import { useId, type ComponentProps, type MouseEvent, type ReactNode } from 'react'
import { PageLink, type Search } from './address'
import type { Customer } from '../api/can'
import type { Icon } from './icons'

/** `primary` is filled, one per region; `quiet` has no border; `danger` is red. */
export type ButtonKind = 'plain' | 'primary' | 'quiet' | 'danger'
const classOf: Record<ButtonKind, string> = { plain: 'btn', primary: 'btn p', quiet: 'btn q', danger: 'btn d' }

interface ButtonProps extends Omit<ComponentProps<'button'>, 'disabled'> {
  readonly kind?: ButtonKind
  readonly icon?: Icon
  readonly small?: boolean
  /** Runs: shows it, and does nothing when pressed. */
  readonly busy?: boolean
  /** Why it cannot be used now. It stays reachable by keyboard, so that the reason can be read. */
  readonly disabledReason?: string | undefined
  readonly children?: ReactNode
}

/** A button. Disabled only with a reason: a dead button that does not say why is a riddle. */
export function Button({ kind = 'plain', icon: Glyph, small, busy, disabledReason, onClick, children, className, title, type, ...rest }: ButtonProps) {
  const id = useId()
  const off = disabledReason !== undefined || busy === true
  const press = (event: MouseEvent<HTMLButtonElement>) => {
    if (off) {
      event.preventDefault() // also keeps a submit from happening
      return
    }
    onClick?.(event)
  }
  const classes = [classOf[kind], small && 'sml', className].filter(Boolean).join(' ')
  return (
    <>
      <button
        {...rest}
        type={type ?? 'button'}
        className={classes}
        title={disabledReason ?? title}
        aria-disabled={off || undefined}
        aria-busy={busy || undefined}
        aria-describedby={disabledReason === undefined ? rest['aria-describedby'] : id}
        onClick={press}
      >
        {Glyph && <Glyph className="i" aria-hidden />}
        {children}
      </button>
      {disabledReason !== undefined && (
        <span id={id} hidden>
          {disabledReason}
        </span>
      )}
    </>
  )
}

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children' | 'disabled'> {
  readonly icon: Icon
  /** The accessible name and the tooltip. */
  readonly label: string
}

/** A square button of one icon, for the few glyphs that everyone knows: close, previous, more. */
export function IconButton({ icon: Glyph, label, className, ...rest }: IconButtonProps) {
  return (
    <button type="button" {...rest} className={className === undefined ? 'ib' : `ib ${className}`} aria-label={label} title={label}>
      <Glyph className="i" aria-hidden />
    </button>
  )
}

interface ButtonLinkProps {
  readonly page: string
  readonly search?: Search
  readonly customer?: Customer
  readonly kind?: ButtonKind
  readonly icon?: Icon
  readonly children: ReactNode
}

/** A link that looks like a button: it leads to a page, it changes nothing. */
export function ButtonLink({ kind = 'plain', icon: Glyph, children, ...to }: ButtonLinkProps) {
  return (
    <PageLink {...to} className={classOf[kind]}>
      {Glyph && <Glyph className="i" aria-hidden />}
      {children}
    </PageLink>
  )
}
