import type { ReactNode } from 'react'

interface StripProps {
  /** Of the bars together, in the strip's own units; it is 16 high. */
  readonly width: number
  /** The result in words: "open on 7 of 30 days". */
  readonly label: string
  /** Fills the width: in the pane. Else as wide as its bars, for a row. */
  readonly wide?: boolean
  readonly children: ReactNode
}

/** A row of small bars that tells its result in words. */
export function Strip({ width, label, wide, children }: StripProps) {
  return (
    <svg
      className={wide ? 'strip wide' : 'strip'}
      width={wide ? undefined : width}
      height={wide ? 28 : 16}
      viewBox={`0 0 ${width} 16`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      {children}
    </svg>
  )
}
