import { api, unwrap } from './client'

/** Tells the customer why one asks for something that it approves first. */
export function explainRequest(id: string, reason: string): Promise<unknown> {
  return unwrap(api.PUT('/api/change-requests/{id}/reason', { params: { path: { id } }, body: { reason } }))
}

/** Approves what the partner asks for: it is carried out as the person who asked, if that one still may. */
export function approveRequest(id: string): Promise<unknown> {
  return unwrap(api.POST('/api/partnership/change-requests/{id}/approve', { params: { path: { id } } }))
}

/** Rejects what the partner asks for, with a reason that it reads. */
export function rejectRequest(id: string, reason: string): Promise<unknown> {
  return unwrap(api.POST('/api/partnership/change-requests/{id}/reject', { params: { path: { id } }, body: { reason } }))
}
