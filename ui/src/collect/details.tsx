import { useTranslation } from 'react-i18next'
import { can } from '../api/can'
import { PageLink, useGo } from '../kit/address'
import { Code, useCopy } from '../kit/details/CopyButton'
import { DetailsPane } from '../kit/details/DetailsPane'
import { Fact, Facts, Section } from '../kit/details/Facts'
import { SmallTable } from '../kit/details/SmallTable'
import type { DetailsCommand } from '../kit/details/spec'
import { Absent } from '../kit/Empty'
import { Loaded } from '../kit/Failure'
import { IconCollect, IconCopyLink, IconRooms } from '../kit/icons'
import type { DetailsProps } from '../kit/list/spec'
import { Message } from '../kit/Message'
import { useMe } from '../kit/rights'
import { Tile } from '../kit/Tile'
import { When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { mayCollect, useCollectNow } from './now'
import { useCollected, useLastRuns, type Collected, type Job, type Run } from './queries'
import { CollectState, useStateWords } from './state'
import { needsConsent } from './states'
import { RunStrip } from './Strip'
import { took } from './took'
import { WorksTab } from './works'

/** A customer's collection: what it says, what to do, what is read when, and how the last runs went. */
export function CollectedDetails({ id, row }: DetailsProps<Collected>) {
  const { t } = useTranslation('collect')
  const query = useCollected(id)
  const customer = query.data ?? row
  const commands = useCommands(customer)
  const me = useMe()
  const reads = customer !== undefined && mayCollect(me, customer.id) // as the server asks for it
  if (query.data === null) {
    return (
      <DetailsPane title={t('title')}>
        <Absent />
      </DetailsPane>
    )
  }
  return (
    <DetailsPane
      query={query}
      glyph={<Tile name={customer?.name ?? ''} square large />}
      title={customer?.name ?? ''}
      subtitle={customer && <CollectState state={customer.state} />}
      commands={commands}
      tabs={[
        { value: 'overview', label: t('part.overview'), content: () => customer && <Overview customer={customer} /> },
        ...(reads ? [{ value: 'works', label: t('part.works'), content: () => customer && customer.kinds.length > 0 && <WorksTab id={customer.id} /> }] : []),
        { value: 'runs', label: t('part.runs'), content: () => customer && <LastRuns customer={customer} /> },
      ]}
    />
  )
}

function useCommands(customer: Collected | undefined): readonly DetailsCommand[] {
  const { t } = useTranslation('collect')
  const me = useMe()
  const go = useGo()
  const copy = useCopy()
  const now = useCollectNow()
  if (customer === undefined) return []
  const consent = needsConsent(customer.state)
  const link = `${window.location.origin}/consent`
  const ask: DetailsCommand = {
    id: 'now',
    label: t('command.now'),
    icon: IconCollect,
    primary: !consent,
    disabledReason: mayCollect(me, customer.id) ? undefined : t('noRole'),
    run: () => void now([customer]),
  }
  const share: DetailsCommand = {
    id: 'consent',
    label: t('command.copyConsent'),
    icon: IconCopyLink,
    primary: true,
    run: () => void copy(link, t('command.consentCopied')),
  }
  const rooms: DetailsCommand = {
    id: 'rooms',
    label: t('command.rooms'),
    icon: IconRooms,
    run: () => go('rooms', {}, customer.id),
  }
  return [...(consent ? [share] : []), ask, ...(can(me, 'rooms.view', customer.id) ? [rooms] : [])]
}

function Overview({ customer }: { customer: Collected }) {
  const { t } = useTranslation('collect')
  const words = useStateWords()
  const format = useFormat()
  const { label, text, todo } = words(customer.state)
  const well = customer.state === 'ok'
  return (
    <>
      {!well && (
        <Message tone={customer.state === 'new' ? 'brand' : 'warning'} title={label}>
          {text} {customer.state !== 'consent-withdrawn' && customer.dataAt && t('goodDataOf', { time: format.moment(customer.dataAt) })}
        </Message>
      )}
      {!well && todo !== '' && (
        <Section title={t('todo')}>
          <p>{todo}</p>
        </Section>
      )}
      {customer.kinds.map((job) => (
        <JobFacts key={job.kind} job={job} />
      ))}
      <Section title={t('day')}>
        <RunStrip strip={customer.strip} wide />
      </Section>
    </>
  )
}

function JobFacts({ job }: { job: Job }) {
  const { t } = useTranslation('collect')
  return (
    <Section title={t(`kind.${job.kind}`)}>
      <Facts>
        <Fact label={t('fact.state')}>
          <CollectState state={job.state} until={job.nextDue} />
        </Fact>
        <Fact label={t('fact.since')}>
          <When at={job.since} />
        </Fact>
        <Fact label={t('fact.good')}>{job.lastGoodAt && <When at={job.lastGoodAt} />}</Fact>
        <Fact label={t('fact.instead')}>
          {job.fallback === 'presence' && job.presenceAt && (
            <>
              {t('fact.presence')}, <When at={job.presenceAt} />
            </>
          )}
        </Fact>
        <Fact label={t('fact.tried')}>{job.lastRunAt && <When at={job.lastRunAt} />}</Fact>
        <Fact label={t('fact.next')}>
          <NextWords job={job} />
        </Fact>
        <Fact label={t('fact.answer')}>{job.detail && <Code copy>{job.detail}</Code>}</Fact>
      </Facts>
    </Section>
  )
}

function NextWords({ job }: { job: Job }) {
  const { t } = useTranslation('collect')
  const { progress } = job
  if (progress) {
    const step = t(`step.${progress.step}`)
    return progress.total === 0 ? step : t('progress', { step, done: progress.done, total: progress.total })
  }
  if (job.running) return t('next.running')
  if (job.queued) return t('next.queued')
  return <When at={job.nextDue} />
}

function LastRuns({ customer }: { customer: Collected }) {
  const { t } = useTranslation('collect')
  const format = useFormat()
  const words = useStateWords()
  const query = useLastRuns(customer.id)
  return (
    <Loaded query={query} lines={8}>
      {(page) => (
        <>
          <SmallTable<Run>
            caption={t('part.runs')}
            rows={page.items}
            keyOf={(run) => run.id}
            empty={t('runs.empty')}
            columns={[
              { id: 'when', head: t('runs.when'), weight: 2, cell: (run) => <When at={run.startedAt} as="short" /> },
              { id: 'kind', head: t('runs.kind'), weight: 3, cell: (run) => t(`kind.${run.kind}`) },
              {
                id: 'result',
                head: t('runs.result'),
                weight: 3,
                cell: (run) => (
                  <span className={run.state === 'ok' ? 'sec' : 'warn'} title={run.detail}>
                    {run.state !== 'ok' ? words(run.state).label : run.changed === 0 ? t('runs.nothing') : t('runs.done')}
                  </span>
                ),
              },
              {
                id: 'took',
                head: t('runs.took'),
                weight: 2,
                align: 'end',
                cell: (run) => took(new Date(run.endedAt).getTime() - new Date(run.startedAt).getTime(), format),
              },
            ]}
          />
          <PageLink page="collection" customer={customer.id} search={{ view: 'runs' }}>
            {t('command.runsOf', { name: customer.name })}
          </PageLink>
        </>
      )}
    </Loaded>
  )
}
