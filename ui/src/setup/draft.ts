import type { Registration, Situation } from './queries'

/** What stands in the fields. Secrets are here only until they are sent. */
export interface Draft {
  readonly publicUrl: string
  readonly tenant: string
  readonly name: string
  readonly domains: string
  readonly registration: ProofDraft
  /** Whether a second registration acts. */
  readonly acts: 'first' | 'second'
  readonly acting: ProofDraft
  readonly managers: 'role' | 'group'
  readonly group: string
  readonly mail: 'none' | 'server'
  readonly host: string
  readonly port: number
  readonly tls: 'starttls' | 'tls' | 'none'
  readonly user: string
  readonly password: string
  readonly from: string
  readonly notice: string
  readonly backups: 'on' | 'off'
  readonly dir: string
  readonly keep: number | undefined
  readonly at: string
}

/** An application in Entra, and how Roomward proves that it is the one. */
export interface ProofDraft {
  readonly clientId: string
  readonly proof: 'certificate' | 'secret' | 'pem'
  readonly secret: string
  readonly pem: string
}

function proofOf({ clientId, credential }: Registration): ProofDraft {
  return { clientId, proof: credential === 'secret' ? 'secret' : 'certificate', secret: '', pem: '' }
}

/** What is kept already, as it stands in the fields. */
export function draftOf(situation: Situation): Draft {
  const { mail, proposedBackups: proposed } = situation
  const plan = situation.backups.dir === '' ? proposed : situation.backups
  return {
    publicUrl: situation.publicUrl,
    tenant: situation.tenant,
    name: situation.name,
    domains: situation.domains.join(', '),
    registration: proofOf(situation.registration),
    acts: situation.acting.clientId === '' ? 'first' : 'second',
    acting: proofOf(situation.acting),
    managers: situation.managerGroup === '' ? 'role' : 'group',
    group: situation.managerGroup,
    mail: mail.host === '' ? 'none' : 'server',
    host: mail.host,
    port: mail.port,
    tls: mail.tls,
    user: mail.user,
    password: '',
    from: mail.from,
    notice: mail.noticeMail.join(', '),
    // Proposed, unless somebody decided against it in this guide.
    backups: situation.backups.dir === '' && situation.findings['backups'] !== undefined ? 'off' : 'on',
    dir: plan.dir,
    keep: plan.keepDays,
    at: plan.at,
  }
}

/** The items of a field that takes several, separated by commas or spaces. */
export function itemsOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter((item) => item !== '')
}
