/** The mark: a room's walls and the swing of its open door. The name stands beside it. */
export function Mark() {
  return (
    <svg viewBox="0 0 22 22" aria-hidden className="mark">
      <path
        d="M9.2 3H5.6A2.6 2.6 0 0 0 3 5.6V16.4A2.6 2.6 0 0 0 5.6 19H16.4A2.6 2.6 0 0 0 19 16.4V12.8"
        className="walls"
      />
      <path d="M10.6 11.4V2.9A8.5 8.5 0 0 1 19.1 11.4Z" className="door" />
    </svg>
  )
}

/** The product's name as it is drawn: one word in two weights. */
export function Wordmark() {
  return (
    <span translate="no">
      Room<span>ward</span>
    </span>
  )
}
