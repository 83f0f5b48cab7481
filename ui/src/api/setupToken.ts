import { ApiError } from './client'

/** Changes the one-time token of the set-up guide for a session of this browser. Throws an ApiError with the code of the refusal. */
export async function claimSetup(token: string): Promise<void> {
  const response = await fetch('/setup/session', {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'X-Roomward-Request': '1', 'Content-Type': 'application/json' },
    body: JSON.stringify({ token }),
  })
  if (response.ok) return
  const readable = response.headers.get('Content-Type')?.startsWith('application/problem+json') === true
  throw new ApiError(response.status, readable ? ((await response.json()) as object) : {})
}

/** Whether Roomward answers as itself by now, and not as its set-up guide. */
export async function isReady(): Promise<boolean> {
  try {
    return (await fetch('/readyz', { cache: 'no-store' })).ok
  } catch {
    return false // between the guide's end and the first answer there may be nobody
  }
}
