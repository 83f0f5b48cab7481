/**
 * The address of a CSV of a list: the same filters, by a link with `download`, so that the browser streams it to disk and
 * an error leaves the page as it is.
 */
export function csvAddress(path: string, params: Readonly<Record<string, string | readonly string[] | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || value === '') continue
    for (const one of typeof value === 'string' ? [value] : value) query.append(name, one)
  }
  const tail = query.toString()
  return `${path}.csv${tail === '' ? '' : `?${tail}`}`
}
