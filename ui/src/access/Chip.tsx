import { Tile } from '../kit/Tile'
import { IconGroup } from '../kit/icons'

/** A member as a chip. */
export function Chip({ kind, name }: { kind: string; name: string }) {
  return (
    <span className="chip" title={name}>
      {kind === 'group' ? <IconGroup className="i s" aria-hidden /> : <Tile name={name} />}
      <span className="el">{name}</span>
    </span>
  )
}
