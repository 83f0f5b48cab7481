const mark = 'invitation-'

/** What the address calls a row: a customer by its id, an invitation with a mark, because it is read elsewhere. */
export function openIdOf(entry: { readonly kind: 'customer' | 'invitation'; readonly id: string }): string {
  return entry.kind === 'invitation' ? mark + entry.id : entry.id
}

/** The reverse of openIdOf. */
export function readOpenId(open: string): { readonly kind: 'customer' | 'invitation'; readonly id: string } {
  return open.startsWith(mark) ? { kind: 'invitation', id: open.slice(mark.length) } : { kind: 'customer', id: open }
}
