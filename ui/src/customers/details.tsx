import type { DetailsProps } from '../kit/list/spec'
import { CustomerPane } from './customer'
import { InvitationPane } from './invitation'
import { readOpenId } from './openid'
import type { Entry } from './queries'

/** The pane of a customer or of an invitation. */
export function EntryDetails({ id: open, row }: DetailsProps<Entry>) {
  const { kind, id } = readOpenId(open)
  return kind === 'invitation' ? <InvitationPane id={id} row={row} /> : <CustomerPane id={id} row={row} />
}
