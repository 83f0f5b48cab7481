import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, ApiError, unwrap } from '../api/client'
import { one, type Scope } from '../api/query'
import type { components } from '../api/schema'
import { isReady } from '../api/setupToken'
import { usePlace } from '../kit/scope'

export type Situation = components['schemas']['Situation']
export type Registration = components['schemas']['RegistrationState']
export type Outcome = components['schemas']['Outcome']
export type Checkup = components['schemas']['Checkup']
export type StepId = 'address' | 'partner' | 'registration' | 'acting' | 'managers' | 'mail' | 'backups'

const scope = { session: 'setup', customer: 'all' } as const

const situationOptions = one<Situation>({ scope, feature: 'setup', operation: 'situation', read: (signal) => unwrap(api.GET('/api/setup', { signal })) })

/** How far the set-up is. It changes by what is done here, and by sign-ins that come back. */
export function useSituation(enabled: boolean) {
  return useQuery({ ...situationOptions, enabled, retry: false, refetchOnWindowFocus: false })
}

/** Whether Roomward has taken the place of the guide. */
export function useReady() {
  return useQuery({ ...one<boolean>({ scope, feature: 'setup', operation: 'ready', every: 700, read: isReady }), retry: false })
}

const checkupOf = (scope: Scope) => one<Checkup>({ scope, feature: 'setup', operation: 'checkup', read: (signal) => unwrap(api.GET('/api/installation', { signal })) })

/** What the last check of the installation found; looked at closely while it runs, also when somebody else began it. */
export function useCheckup() {
  return useQuery({ ...checkupOf(usePlace()), refetchInterval: ({ state }) => (state.data?.running ? 700 : 10_000) })
}

/** Begins a check, or joins the one that runs. */
export function checkInstallation(): Promise<Checkup> {
  return unwrap(api.POST('/api/installation/checks'))
}

/** Keeps an answer as what is known. */
export function useKeepCheckup(): (checkup: Checkup) => void {
  const client = useQueryClient()
  const { queryKey } = checkupOf(usePlace())
  return (checkup) => client.setQueryData(queryKey, checkup)
}

/** What the guide can be asked for; each answers how things are then. */
export const ask = {
  address: (publicUrl: string) => unwrap(api.PUT('/api/setup/address', { body: { publicUrl } })),
  partner: (body: components['schemas']['PartnerInputBody']) => unwrap(api.PUT('/api/setup/partner', { body })),
  registration: {
    set: (body: components['schemas']['RegistrationInputBody']) => unwrap(api.PUT('/api/setup/registration', { body })),
    certificate: () => unwrap(api.POST('/api/setup/certificate')),
    dropCertificate: () => unwrap(api.DELETE('/api/setup/certificate')),
  },
  acting: {
    set: (body: components['schemas']['RegistrationInputBody']) => unwrap(api.PUT('/api/setup/acting', { body })),
    certificate: () => unwrap(api.POST('/api/setup/acting/certificate')),
    dropCertificate: () => unwrap(api.DELETE('/api/setup/acting/certificate')),
  },
  managers: (managerGroup: string) => unwrap(api.PUT('/api/setup/managers', { body: { managerGroup } })),
  mail: (body: components['schemas']['MailInputBody']) => unwrap(api.PUT('/api/setup/mail', { body })),
  testMail: (to: string) => unwrap(api.POST('/api/setup/mail/test', { body: { to } })),
  backups: (body: components['schemas']['BackupPlan']) => unwrap(api.PUT('/api/setup/backups', { body })),
  check: (step: StepId) => unwrap(api.POST('/api/setup/checks/{step}', { params: { path: { step } } })),
  signin: () => unwrap(api.POST('/api/setup/signin')),
  finish: () => unwrap(api.POST('/api/setup/finish')),
}

/** A refusal of what was entered, with what is wrong in the place of the sentence that something is: the steps are short enough to see where. */
export function plainly(error: unknown): unknown {
  if (!(error instanceof ApiError) || error.code !== 'invalid' || error.fields.length === 0) return error
  const detail = error.fields.map(({ message }) => `${message.charAt(0).toUpperCase()}${message.slice(1)}.`).join(' ')
  return new ApiError(error.status, { title: error.message, detail, requestId: error.requestId })
}

/** Asks, and keeps the answer as the situation. `busy` names what runs, `error` is what went wrong last. */
export function useAsking() {
  const client = useQueryClient()
  const [busy, setBusy] = useState<string>()
  const [error, setError] = useState<unknown>()
  const run = async (name: string, call: () => Promise<Situation>): Promise<Situation | undefined> => {
    setBusy(name)
    setError(undefined)
    try {
      const answer = await call()
      client.setQueryData(situationOptions.queryKey, answer)
      return answer
    } catch (failure) {
      setError(plainly(failure))
      return undefined
    } finally {
      setBusy(undefined)
    }
  }
  return { run, busy, error, keep: (answer: Situation) => client.setQueryData(situationOptions.queryKey, answer) }
}
