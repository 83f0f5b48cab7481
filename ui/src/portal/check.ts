import { useRef, useState } from 'react'
import { ApiError } from '../api/client'
import { partnerOf } from './queries'

/** What is known of a domain. */
export type Verdict = { readonly domain: string; readonly name: string } | { readonly domain: string; readonly name: undefined }

/** Checks domains of partners, each once. */
export interface DomainCheck {
  /** The verdict on this domain, if it was asked for. */
  readonly verdictOn: (domain: string) => Verdict | undefined
  readonly busy: boolean
  /** Resolves to whether a partner here uses the domain; throws when nobody could say. */
  readonly check: (domain: string) => Promise<boolean>
}

/** A domain as it is compared: "Partner.Example " → partner.example. */
export function domainOf(text: string): string {
  return text.trim().toLowerCase().replace(/\.$/, '')
}

/** Asks the server whether a partner here uses a domain. */
export function useDomainCheck(): DomainCheck {
  const [verdicts, setVerdicts] = useState<ReadonlyMap<string, Verdict>>(new Map())
  const [asking, setAsking] = useState(0)
  const running = useRef(new Map<string, Promise<boolean>>())

  const ask = async (domain: string): Promise<boolean> => {
    setAsking((n) => n + 1)
    try {
      const { name } = await partnerOf(domain)
      setVerdicts((before) => new Map(before).set(domain, { domain, name }))
      return true
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 422) throw error
      setVerdicts((before) => new Map(before).set(domain, { domain, name: undefined }))
      return false
    } finally {
      setAsking((n) => n - 1)
      running.current.delete(domain)
    }
  }
  return {
    verdictOn: (text) => verdicts.get(domainOf(text)),
    busy: asking > 0,
    check: (text) => {
      const domain = domainOf(text)
      const known = verdicts.get(domain)
      if (known) return Promise.resolve(known.name !== undefined)
      const under = running.current.get(domain) ?? ask(domain)
      running.current.set(domain, under)
      return under
    },
  }
}
