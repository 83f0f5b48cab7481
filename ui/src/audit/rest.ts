/** The detail of an entry as fields. */
export function noteOf(detail: unknown): Readonly<Record<string, unknown>> {
  return typeof detail === 'object' && detail !== null && !Array.isArray(detail) ? Object.fromEntries(Object.entries(detail)) : {}
}

/** A value in one line: a list by its items, a thing by its name. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map(textOf).filter((text) => text !== '').join(', ')
  if (typeof value === 'object') {
    const fields = noteOf(value)
    const name = fields['name']
    if (typeof name === 'string') return name
    return Object.entries(fields)
      .map(([key, one]) => `${key}: ${textOf(one)}`)
      .join(', ')
  }
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** What else a detail says, beside before and after. */
export function restOf(detail: unknown): readonly (readonly [string, string])[] {
  return Object.entries(noteOf(detail))
    .filter(([field]) => field !== 'before' && field !== 'after')
    .map(([field, value]) => [field, textOf(value)] as const)
    .filter(([, text]) => text !== '')
}
