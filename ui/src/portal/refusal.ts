import { ApiError } from '../api/client'

/** The part of the invitation that a refusal is about. */
export type Spot = 'domain' | 'code' | 'days' | 'rooms' | 'permissions' | 'control' | 'strongAuth' | 'end' | 'retention' | 'seal' | 'contacts' | 'terms'

/** The step of the wizard where a spot is. */
export const stepOf: Readonly<Record<Spot, string>> = {
  domain: 'partner',
  code: 'partner',
  days: 'partner',
  rooms: 'rooms',
  permissions: 'permissions',
  control: 'control',
  strongAuth: 'control',
  end: 'control',
  retention: 'data',
  seal: 'data',
  contacts: 'data',
  terms: 'terms',
}

const byCode: Readonly<Record<string, Spot>> = {
  'partner-unknown': 'domain',
  'own-tenant': 'domain',
  'tenant-not-listed': 'domain',
  'code-unknown': 'code',
  'expiry-out-of-range': 'days',
  'end-not-ahead': 'end',
}

const byField: Readonly<Record<string, Spot>> = {
  partnerDomain: 'domain',
  code: 'code',
  expiresInDays: 'days',
  grant: 'rooms',
  ceiling: 'permissions',
  changeControl: 'control',
  strongAuth: 'strongAuth',
  endsAt: 'end',
  retentionDays: 'retention',
  sealDays: 'seal',
  contacts: 'contacts',
  agreedTerms: 'terms',
}

/** Where to say what the server refused; undefined for what no step can put right. */
export function spotOf(error: unknown): Spot | undefined {
  if (!(error instanceof ApiError)) return undefined
  const known = byCode[error.code]
  if (known) return known
  for (const { location } of error.fields) {
    const field = /^body\.(\w+)/.exec(location)?.[1]
    const spot = field === undefined ? undefined : byField[field]
    if (spot) return spot
  }
  return undefined
}
