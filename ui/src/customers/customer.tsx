import { useState } from 'react'
import { flushSync } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { can } from '../api/can'
import { signinAddress } from '../api/signout'
import { PageLink, useGo, useHere } from '../kit/address'
import { Code, useCopy } from '../kit/details/CopyButton'
import { DetailsPane } from '../kit/details/DetailsPane'
import { Fact, Facts, Section, Steps } from '../kit/details/Facts'
import type { DetailsCommand } from '../kit/details/spec'
import { IconCollection, IconCopyLink, IconDelete, IconKey, IconRooms } from '../kit/icons'
import { Message } from '../kit/Message'
import { useMe } from '../kit/rights'
import { Tile } from '../kit/Tile'
import { useNow, When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { AdminsTab, WithoutAdmin } from './admins'
import { AgreedFacts, CeilingSection, GrantFacts } from './agreed'
import { LeaveCustomer, leaveRefusal } from './leave'
import { useCustomer, type Detail, type Entry } from './queries'
import { isFresh, isStarting } from './starting'
import { StateWords, useProgressWords } from './state'

/** A customer: the relation, what may be done at most, who runs it, and how its data are. */
export function CustomerPane(props: PaneProps) {
  const [left, setLeft] = useState(false)
  return left ? null : <Pane {...props} onLeft={() => flushSync(() => setLeft(true))} /> // at once: nothing of it is read again
}

interface PaneProps {
  readonly id: string
  readonly row: Entry | undefined
}

function Pane({ id, row, onLeft }: PaneProps & { onLeft: () => void }) {
  const { t } = useTranslation('customers')
  const query = useCustomer(id)
  const customer = query.data
  const known = customer ?? row
  const [leaving, setLeaving] = useState(false)
  const commands = useCommands(known, customer, () => setLeaving(true))
  return (
    <>
      <DetailsPane
        query={query}
        glyph={<Tile name={known?.name ?? ''} square large />}
        title={known?.name ?? ''}
        subtitle={known && <StateWords entry={known} />}
        commands={commands}
        tabs={[
          { value: 'overview', label: t('part.overview'), content: () => customer && <Overview customer={customer} /> },
          { value: 'permissions', label: t('part.permissions'), content: () => customer && <CeilingSection detail={customer} /> },
          { value: 'admins', label: t('part.admins'), content: () => customer && <AdminsTab customer={customer} /> },
        ]}
      />
      {known && <LeaveCustomer customer={known} open={leaving} onLeft={onLeft} onClose={() => setLeaving(false)} />}
    </>
  )
}

function useCommands(customer: Entry | undefined, detail: Detail | undefined, leave: () => void): readonly DetailsCommand[] {
  const { t } = useTranslation('customers')
  const me = useMe()
  const go = useGo()
  const copy = useCopy()
  if (customer === undefined) return []
  const withdrawn = customer.state === 'consent-withdrawn'
  const link = `${window.location.origin}/consent`
  return [
    ...(withdrawn
      ? [
          {
            id: 'consent',
            label: t('command.copyConsent'),
            icon: IconCopyLink,
            primary: true,
            run: () => void copy(link, t('command.consentCopied')),
          },
        ]
      : []),
    ...(can(me, 'rooms.view', customer.id)
      ? [{ id: 'rooms', label: t('command.rooms'), icon: IconRooms, run: () => go('rooms', {}, customer.id) }]
      : []),
    ...(customer.mine && customer.stepUp === undefined
      ? [{ id: 'collection', label: t('command.collection'), icon: IconCollection, run: () => go('/collection', { open: customer.id }) }]
      : []),
    // Whether the person may is known with the details only.
    ...(detail
      ? [{ id: 'leave', label: t('leave.command'), icon: IconDelete, danger: true, more: true, disabledReason: leaveRefusal(detail, t), run: leave }]
      : []),
  ]
}

function Overview({ customer }: { customer: Detail }) {
  const { t } = useTranslation('customers')
  const { t: collecting } = useTranslation('collect')
  const format = useFormat()
  const { name } = customer
  return (
    <>
      <FirstCollection customer={customer} />
      <EndsSoon customer={customer} />
      <WithoutAdmin customer={customer} />
      {customer.state === 'consent-withdrawn' && (
        <>
          <Message tone="warning" title={t('withdrawn.title', { name })}>
            {t('withdrawn.text')} {customer.purgeAt && t('withdrawn.purge', { date: format.moment(customer.purgeAt) })}
          </Message>
          <Steps items={[t('withdrawn.step1', { name }), t('withdrawn.step2'), t('withdrawn.step3')]} />
        </>
      )}
      {customer.stepUp && <StepUp demands={customer.stepUp} name={name} />}
      <Section title={t('relation')}>
        <Facts>
          <Fact label={t('fact.accepted')}>
            {customer.acceptedAt && <When at={customer.acceptedAt} as="date" />}
            {customer.acceptedBy && <span className="mut">, {t('acceptedBy', { name: customer.acceptedBy })}</span>}
          </Fact>
          <Fact label={t('fact.ends')}>{customer.endsAt ? <When at={customer.endsAt} as="date" /> : t('noEnd')}</Fact>
          <Fact label={t('fact.tenant')}>
            <Code copy>{customer.tenantId}</Code>
          </Fact>
          <Fact label={t('fact.domains')}>{customer.domains.join(', ')}</Fact>
          <AgreedFacts detail={customer} />
        </Facts>
      </Section>
      {(customer.rooms !== undefined || customer.grant) && (
        <Section title={t('granted')}>
          <Facts>
            <Fact label={t('fact.rooms')}>
              {customer.rooms !== undefined && (
                <PageLink page="rooms" customer={customer.id}>
                  {t('roomsGranted', { count: customer.rooms })}
                </PageLink>
              )}
            </Fact>
            {customer.grant && <GrantFacts grant={customer.grant} />}
          </Facts>
        </Section>
      )}
      {customer.mine && !customer.stepUp && (
        <Section title={t('data')}>
          <Facts>
            <Fact label={t('fact.data')}>{customer.dataAt && <When at={customer.dataAt} />}</Fact>
            <Fact label={t('fact.collect')}>
              {customer.collectState && (
                <PageLink page="/collection" search={{ open: customer.id }}>
                  {collecting(`state.${customer.collectState}.label` as 'state.ok.label', { defaultValue: customer.collectState })}
                </PageLink>
              )}
            </Fact>
          </Facts>
        </Section>
      )}
      {!customer.mine && customer.state !== 'without-admin' && !isRecent(customer) && <p className="mut">{t('notMine', { name })}</p>}
    </>
  )
}

/** Nothing of this customer shows until the person signs in as it demands; the pane comes back after that. */
function StepUp({ demands, name }: { demands: NonNullable<Detail['stepUp']>; name: string }) {
  const { t } = useTranslation('customers')
  const here = useHere()
  return (
    <Message
      tone="brand"
      icon={IconKey}
      title={t('stepUp.title', { name, demanded: demands.name })}
      action={
        demands.offered && (
          <a className="btn p" href={signinAddress({ stepUp: demands.id, back: here })}>
            {t('stepUp.go')}
          </a>
        )
      }
    >
      {demands.offered ? t('stepUp.text') : t('stepUp.notOffered')}
    </Message>
  )
}

const month = 30 * 24 * 3_600_000

/** That the customer's date comes, within its last 30 days: only the customer can move it. */
function EndsSoon({ customer }: { customer: Detail }) {
  const { t } = useTranslation('customers')
  const format = useFormat()
  const now = useNow()
  const { endsAt, name } = customer
  if (endsAt === undefined || new Date(endsAt).getTime() - now > month) return null
  return (
    <Message tone="warning" title={t('ending.title', { date: format.moment(endsAt) })}>
      {t('ending.text', { name })}
    </Message>
  )
}

/** After accepting one waits here: what is being read now, then how many rooms came. */
function FirstCollection({ customer }: { customer: Detail }) {
  const { t } = useTranslation('customers')
  const now = useNow()
  const words = useProgressWords(customer.progress)
  const { progress, name } = customer
  if (customer.state === 'without-admin') return null // nothing is shown of it, and nobody waits for rooms
  if (isStarting(customer, now)) {
    return (
      <Message tone="brand" title={t('first.title')}>
        <div>{words ?? t('first.waits')}</div>
        <progress className="going" aria-label={t('first.bar')} max={progress?.total || undefined} value={progress?.total ? progress.done : undefined} />
      </Message>
    )
  }
  if (!isFresh(customer, now)) return null
  if (!customer.mine) return <Message tone="brand">{t('first.notMine', { name })}</Message>
  if (customer.rooms === undefined) return null
  return (
    <Message
      tone="healthy"
      action={
        <PageLink page="rooms" customer={customer.id}>
          {t('command.rooms')}
        </PageLink>
      }
    >
      {t('first.done', { count: customer.rooms })}
    </Message>
  )
}

function isRecent(customer: Detail): boolean {
  return isFresh(customer, Date.now())
}
