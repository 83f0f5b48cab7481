import { api, unwrap } from './client'
import type { components } from './schema'

/** Users and security groups of the partner whose name begins so. */
export async function findPeople(q: string, signal: AbortSignal): Promise<readonly components['schemas']['Found'][]> {
  return (await unwrap(api.GET('/api/directory', { params: { query: { q } }, signal }))).items
}
