import createClient from 'openapi-fetch'
import type { components, paths } from './schema'

/** One field that the server refused: where it stands in the request, and why, in the server's words. */
export type FieldProblem = components['schemas']['FieldError']

/**
 * An answer of the server that is not a success, read from its problem+json. `code` is stable and chooses the words on
 * the screen (`errors.<code>` in the texts); `detail` and `hint` are only the fallback.
 */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly hint: string
  readonly fields: readonly FieldProblem[]
  readonly requestId: string

  constructor(status: number, problem: Partial<Problem> = {}) {
    super(problem.title ?? `HTTP ${status}`)
    this.name = 'ApiError'
    this.status = status
    this.code = problem.code ?? ''
    this.detail = problem.detail ?? ''
    this.hint = problem.hint ?? ''
    this.fields = problem.errors ?? []
    this.requestId = problem.requestId ?? ''
  }
}

type Problem = components['schemas']['Problem']
export type PendingRequest = components['schemas']['PendingRequest']

/** Nothing was changed: the customer approves this first. Thrown, so that nobody goes on as if it were done; see Failure. */
export class Waits extends Error {
  readonly request: PendingRequest

  constructor(request: PendingRequest) {
    super('waits for approval')
    this.name = 'Waits'
    this.request = request
  }
}

function pendingOf(data: unknown): PendingRequest | undefined {
  return typeof data === 'object' && data !== null && 'changeRequest' in data ? (data.changeRequest as PendingRequest) : undefined
}

/** What a call of the client resolves to; it never rejects for a 4xx or 5xx. */
interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

type Lost = () => void
const lost = new Set<Lost>()

/** Calls back when any answer says that the session is over (401). Returns the function that ends the subscription. */
export function onSessionLost(tell: Lost): () => void {
  lost.add(tell)
  return () => lost.delete(tell)
}

/** The one client. Paths, parameters and bodies are checked against the generated schema. */
export const api = createClient<paths>({
  baseUrl: '/',
  credentials: 'same-origin',
  // Repeated names, as the server reads lists: `severity=critical&severity=important`.
  querySerializer: { array: { style: 'form', explode: true } },
  fetch: (request) => globalThis.fetch(request),
})

api.use({
  onRequest({ request }) {
    // A form of a foreign page cannot send this header: the server refuses changes without it.
    if (request.method !== 'GET') request.headers.set('X-Roomward-Request', '1')
    return request
  },
})

/** The data of an answer, or an ApiError or Waits thrown. A body that is not problem+json (a proxy's page) is not trusted. */
export async function unwrap<T>(call: Promise<Answer<T>>): Promise<Exclude<T, components['schemas']['Pending']>> {
  const { data, error, response } = await call
  const pending = response.status === 202 ? pendingOf(data) : undefined
  if (pending !== undefined) throw new Waits(pending)
  if (response.ok) return data as Exclude<T, components['schemas']['Pending']>
  if (response.status === 401) for (const tell of lost) tell()
  const type = response.headers.get('Content-Type') ?? ''
  const readable = type.startsWith('application/problem+json') && typeof error === 'object' && error !== null
  throw new ApiError(response.status, readable ? (error as Partial<Problem>) : {})
}
