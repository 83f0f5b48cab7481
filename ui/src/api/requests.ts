import { api, unwrap } from './client'

/** Tells the customer why one asks for something that it approves first. */
export function explainRequest(id: string, reason: string): Promise<unknown> {
  return unwrap(api.PUT('/api/change-requests/{id}/reason', { params: { path: { id } }, body: { reason } }))
}
