import { ApiError } from './client'

const channelName = 'roomward'
const signedOut = 'signed-out'

/**
 * Ends the session at the server and answers where to go on: Entra's own sign-out, or the welcome page. Tells the other
 * tabs of this browser. Throws an ApiError when the session could not be ended.
 */
export async function signOut(): Promise<string> {
  const response = await fetch('/signout', { method: 'POST', credentials: 'same-origin', headers: { 'X-Roomward-Request': '1' } })
  if (!response.ok) throw new ApiError(response.status)
  const { url } = (await response.json()) as { url: string }
  const channel = new BroadcastChannel(channelName)
  channel.postMessage(signedOut)
  channel.close()
  return url
}

/** Calls back when another tab of this browser signed out. Returns the function that ends the subscription. */
export function onSignedOutElsewhere(tell: () => void): () => void {
  const channel = new BroadcastChannel(channelName)
  channel.onmessage = (event: MessageEvent) => {
    if (event.data === signedOut) tell()
  }
  return () => channel.close()
}

/** What a return from a sign-in needs. */
export interface SigninAsk {
  readonly side?: 'partner' | 'customer'
  /** The sign-in name that Entra should take. */
  readonly login?: string
  /** The authentication context that is asked for, of somebody who is signed in. */
  readonly stepUp?: string
  /** A path of ours to come back to. */
  readonly back?: string
}

/** The address that starts a sign-in. */
export function signinAddress({ side, login, stepUp, back }: SigninAsk): string {
  const query = new URLSearchParams()
  if (side !== undefined) query.set('side', side)
  if (login !== undefined) query.set('login_hint', login)
  if (stepUp !== undefined) query.set('step_up', stepUp)
  if (back !== undefined && back !== '') query.set('return', back)
  const text = query.toString()
  return text === '' ? '/signin' : `/signin?${text}`
}
