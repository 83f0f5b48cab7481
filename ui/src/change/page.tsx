import { RequestDetails } from './details'
import { RequestList } from './list'

/** What the partner's people asked for and customers decide about. */
export function Page() {
  return <RequestList own={false} details={RequestDetails} />
}
