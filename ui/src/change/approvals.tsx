import { ApprovalDetails } from './approval'
import { RequestList } from './list'

/** What the partner asks the customer for, and what became of it (screens.md 4.10). */
export function Page() {
  return <RequestList own details={ApprovalDetails} />
}
