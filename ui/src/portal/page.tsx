import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { textOf, useSearchText, useSetSearch } from '../kit/address'
import { Facts, Fact } from '../kit/details/Facts'
import { Code } from '../kit/details/CopyButton'
import { Loaded } from '../kit/Failure'
import { IconCheck12, IconInvitation12 } from '../kit/icons'
import { Message } from '../kit/Message'
import { Card, PlainPage } from '../kit/Page'
import { Tag } from '../kit/status'
import { useFormat } from '../text/i18n'
import { ActingCard } from './acting'
import { ActivityCard } from './activity'
import { AdminProposalCard } from './admins'
import { ConsentCard, ConsentStep } from './consent'
import { ComingEnd, ExportRecord, KeptRecord, RemovePartner } from './end'
import { AgreedFacts } from './facts'
import { InvitationStep } from './invitation'
import { PastInvitations } from './past'
import { PeopleLink } from './people'
import { useCovered, usePartnership, type Partnership } from './queries'
import { endedWords, RelationStep } from './relation'
import { WaitingCard } from './waiting'
import { situationOf } from './situation'
import './portal.css'

/** The customer's first page: who looks after its rooms, how far that has come, and what can be done next (screens.md 4.10). */
export function Page() {
  const { t } = useTranslation(['common', 'portal'])
  const format = useFormat()
  const query = usePartnership()
  const { data } = query
  const notices = useNotices(data)
  return (
    <PlainPage
      wide={data?.relation !== undefined}
      title={data?.partner.name ?? t('kit.loading')}
      count={
        data && (
          <>
            <StateTag partnership={data} /> {data.relation && t('portal:sinceDate', { date: format.date(data.relation.acceptedAt) })}
          </>
        )
      }
      actions={
        data?.relation && (
          <>
            <ExportRecord />
            <RemovePartner partnership={data} />
          </>
        )
      }
      notice={notices}
    >
      <Loaded query={query} lines={8}>
        {(partnership) => <Home partnership={partnership} />}
      </Loaded>
    </PlainPage>
  )
}

function StateTag({ partnership }: { partnership: Partnership }) {
  const { t } = useTranslation('portal')
  switch (situationOf(partnership)) {
    case 'halted':
      return <Tag tone="warning">{t('tag.withdrawn')}</Tag>
    case 'unled':
      return <Tag tone="warning">{t('tag.unled')}</Tag>
    case 'active':
      return (
        <Tag tone="healthy" icon={IconCheck12}>
          {t('tag.active')}
        </Tag>
      )
    case 'pending':
      return (
        <Tag tone="brand" icon={IconInvitation12}>
          {t('tag.pending')}
        </Tag>
      )
    case 'ended':
      return <Tag>{t('tag.ended')}</Tag>
    case 'open':
      return <Tag>{t('tag.none')}</Tag>
    case 'refused':
    case 'hidden':
      return null
  }
}

const outcomes = ['ok', 'refused', 'wrong-tenant', 'failed'] as const

/** What the person must know first: why nothing is possible, or how giving consent went. Undefined when there is nothing to say. */
function useNotices(partnership: Partnership | undefined): ReactNode {
  const { t } = useTranslation('portal')
  const search = useSearchText()
  const setSearch = useSetSearch()
  if (partnership === undefined) return undefined
  const { organisation, administers, refusal, relation, invitation } = partnership
  if (refusal !== undefined) {
    return (
      <Message tone="critical" title={t('government')}>
        {t('governmentText')}
      </Message>
    )
  }
  if (!administers) return <Message>{t('onlyAdmin', { organisation: organisation.name })}</Message>
  const told = outcomes.find((known) => known === textOf(search, 'consent'))
  // What the address says is only believed while it is so: a bookmark of it must not lie.
  if (told === undefined || (told === 'ok') !== (organisation.consent === 'given')) return undefined
  const begun = relation !== undefined || invitation?.state === 'pending'
  return (
    <Message tone={told === 'ok' ? 'healthy' : 'warning'} onDismiss={() => setSearch({ consent: undefined })}>
      {t(`outcome.${told === 'ok' && begun ? 'okDone' : told}`, { organisation: organisation.name })}
    </Message>
  )
}

function Home({ partnership }: { partnership: Partnership }) {
  const { t } = useTranslation('portal')
  const { organisation, administers, refusal, relation } = partnership
  const running = relation !== undefined && situationOf(partnership) !== 'halted'
  return (
    <>
      <Lead partnership={partnership} />
      <ComingEnd partnership={partnership} />
      <AdminProposalCard partnership={partnership} />
      {relation !== undefined && <WaitingCard />}
      <KeptRecord partnership={partnership} />
      {refusal === undefined && !running && (
        <ol className="psteps">
          <ConsentStep partnership={partnership} />
          <InvitationStep partnership={partnership} />
          <RelationStep partnership={partnership} />
        </ol>
      )}
      {relation !== undefined && <AgreedFacts partnership={partnership} relation={relation} />}
      {relation !== undefined && <ActivityCard partner={partnership.partner.name} />}
      {running && <ConsentCard partnership={partnership} />}
      {running && partnership.actsApart && <ActingCard partnership={partnership} />}
      {administers && relation === undefined && <PastInvitations latest={partnership.invitation?.id} />}
      <Card title={t('organisation')}>
        <Facts wide>
          <Fact label={t('fact.name')}>{organisation.name}</Fact>
          <Fact label={t('fact.tenant')}>
            <Code copy>{organisation.tenantId}</Code>
          </Fact>
          <Fact label={t('fact.domains')}>{organisation.domains.join(', ')}</Fact>
        </Facts>
      </Card>
    </>
  )
}

/** The relation in one sentence; before there is one, what Roomward is. */
function Lead({ partnership }: { partnership: Partnership }) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const { relation, permissions, ended } = partnership
  const situation = situationOf(partnership)
  const active = situation === 'active'
  const covered = useCovered(active ? relation?.grant : undefined)
  const partner = partnership.partner.name
  if (situation === 'halted') return <p className="plead">{t('lead.withdrawn', { partner })}</p>
  if (situation === 'unled') return <p className="plead">{t('lead.unled', { partner })}</p>
  if (situation === 'ended' && ended)
    return (
      <p className="plead">
        {endedWords(ended, partner, format, t)} {t('lead.erased', { partner })}
      </p>
    )
  if (relation === undefined) return <p className="plead">{t('lead.none', { partner })}</p>
  const held = format.number(relation.ceiling.length)
  const all = format.number(permissions.length)
  // Microsoft may not answer now: then the number of own rooms is left out.
  const total = covered.data?.total ?? 0
  if (total === relation.rooms && total > 0)
    return (
      <p className="plead">
        {t('lead.activeAll', { partner, count: total, held, all })} <PeopleLink />
      </p>
    )
  if (total <= relation.rooms)
    return (
      <p className="plead">
        {t('lead.active', { partner, count: relation.rooms, held, all })} <PeopleLink />
      </p>
    )
  return (
    <p className="plead">
      {t('lead.activeOf', { partner, rooms: format.number(relation.rooms), total: format.number(total), held, all })} <PeopleLink /> {t('lead.others', { count: total - relation.rooms })}
    </p>
  )
}
