import { initials } from '../text/format'

interface TileProps {
  readonly name: string
  /** Organisations are square, people round. */
  readonly square?: boolean
  readonly large?: boolean
  readonly me?: boolean
}

/** Two letters that stand for a person, group or organisation; the name stands beside it or is its title. */
export function Tile({ name, square, large, me }: TileProps) {
  const classes = ['av', square && 'sq', large && 'l', me && 'me'].filter(Boolean).join(' ')
  return (
    <span className={classes} title={name} aria-hidden>
      {initials(name)}
    </span>
  )
}
