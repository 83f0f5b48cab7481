import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { seesInvitations } from '../api/can'
import { findPeople } from '../api/directory'
import { refreshMe, type Me } from '../api/me'
import { Button } from '../kit/Button'
import { Section } from '../kit/details/Facts'
import { SmallTable } from '../kit/details/SmallTable'
import { Loaded } from '../kit/Failure'
import { ConfirmDialog, FormDialog } from '../kit/form/Dialog'
import { PeoplePicker, type Person } from '../kit/form/PeoplePicker'
import { useForm } from '../kit/form/useForm'
import { IconAdd, IconGroup } from '../kit/icons'
import { Message } from '../kit/Message'
import { useMe } from '../kit/rights'
import { Tile } from '../kit/Tile'
import { When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { useChanged } from './changed'
import {
  addPrimaryAdmin,
  proposeAdmins,
  removePrimaryAdmin,
  usePrimaryAdmins,
  type Detail,
  type PrimaryAdmin,
  type PrimaryAdmins,
} from './queries'

/** Whether the person may name primary admins: it holds roles.modify in all rooms of the customer. */
export function runsRoles(me: Me, customer: string): boolean {
  return me.holdings.some((holding) => holding.customerId === customer && holding.everywhere.includes('roles.modify'))
}

/** The primary admins of a customer: who, since when; added and removed by who runs the roles there. */
export function AdminsTab({ customer }: { customer: Detail }) {
  const query = usePrimaryAdmins(customer.id)
  return (
    <>
      <WithoutAdmin customer={customer} />
      <Loaded query={query} lines={3}>
        {(admins) => <Admins customer={customer} admins={admins} />}
      </Loaded>
    </>
  )
}

function Admins({ customer, admins }: { customer: Detail; admins: PrimaryAdmins }) {
  const { t } = useTranslation('customers')
  const me = useMe()
  const [adding, setAdding] = useState(false)
  const [removing, setRemoving] = useState<PrimaryAdmin>()
  const { name } = customer
  const { items } = admins
  if (items.length === 0) return customer.state === 'without-admin' ? null : <p className="mut">{t('admins.hidden')}</p>
  const mayChange = runsRoles(me, customer.id)
  const isMe = (admin: PrimaryAdmin) => admin.id.toLowerCase() === me.person.id.toLowerCase()
  return (
    <Section
      title={t('fact.admins')}
      action={
        mayChange && (
          <Button small icon={IconAdd} onClick={() => setAdding(true)}>
            {t('admins.add')}
          </Button>
        )
      }
    >
      <SmallTable
        caption={t('fact.admins')}
        rows={items}
        keyOf={(admin) => admin.id}
        columns={[
          {
            id: 'name',
            head: t('person'),
            weight: 5,
            cell: (admin) => (
              <span className="cell" title={admin.name}>
                {admin.kind === 'group' ? <IconGroup className="i" aria-hidden /> : <Tile name={admin.name} />}
                <span className="el">{admin.name}</span>
                {isMe(admin) && <span className="mut">{t('admins.you')}</span>}
              </span>
            ),
          },
          { id: 'kind', head: t('kind'), weight: 3, cell: (admin) => t(admin.kind) },
          { id: 'since', head: t('fact.accepted'), weight: 3, cell: (admin) => <When at={admin.since} as="date" /> },
          ...(mayChange
            ? [
                {
                  id: 'remove',
                  head: '',
                  name: t('admins.remove'),
                  align: 'end' as const,
                  weight: 3 as const,
                  cell: (admin: PrimaryAdmin) => (
                    <Button
                      small
                      kind="quiet"
                      aria-label={t('admins.removeOf', { name: admin.name })}
                      disabledReason={items.length === 1 ? t('admins.last') : undefined}
                      onClick={() => setRemoving(admin)}
                    >
                      {t('admins.remove')}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
      <p className="mut sm beneath">
        {t('admins.note', { name })} {mayChange ? items.length === 1 && t('admins.last') : t('admins.readOnly')}
      </p>
      {adding && <AddDialog customer={customer} onClose={() => setAdding(false)} />}
      <RemoveDialog customer={customer} admin={removing} mine={removing !== undefined && isMe(removing)} onClose={() => setRemoving(undefined)} />
    </Section>
  )
}

interface AddValues {
  readonly id: readonly Person[]
}

function AddDialog({ customer, onClose }: { customer: Detail; onClose: () => void }) {
  const { t } = useTranslation('customers')
  const client = useQueryClient()
  const changed = useChanged()
  const { id, name } = customer
  const form = useForm<AddValues>({
    initial: { id: [] },
    check: (values) => (values.id.length === 0 ? { id: t('admins.needed') } : {}),
    send: async ({ id: [person] }) => {
      if (!person) return
      await addPrimaryAdmin(id, person)
      changed.done(t('admins.added', { who: person.name, name }))
      void refreshMe(client) // one may have added a group that one is in
    },
    done: onClose,
  })
  return (
    <FormDialog open title={t('admins.addTitle', { name })} form={form} submit={t('admins.addAction')} onClose={onClose}>
      <PeoplePicker {...form.field('id')} label={t('admins.who')} hint={t('admins.whoHint', { name })} required search={findPeople} max={1} />
    </FormDialog>
  )
}

interface RemoveProps {
  readonly customer: Detail
  readonly admin: PrimaryAdmin | undefined
  readonly mine: boolean
  readonly onClose: () => void
}

function RemoveDialog({ customer, admin, mine, onClose }: RemoveProps) {
  const { t } = useTranslation('customers')
  const client = useQueryClient()
  const changed = useChanged()
  const { id, name } = customer
  const who = admin?.name ?? ''
  const text = mine ? 'admins.removeMe' : admin?.kind === 'group' ? 'admins.removeGroup' : 'admins.removeText'
  return (
    <ConfirmDialog
      open={admin !== undefined}
      title={t('admins.removeTitle', { who, name })}
      action={t('admins.remove')}
      danger
      run={async () => {
        if (!admin) return
        try {
          await removePrimaryAdmin(id, admin)
        } catch (error) {
          changed.refused() // somebody else removed another one meanwhile
          throw error
        }
        changed.done(t('admins.removed', { who }))
        void refreshMe(client)
      }}
      onClose={onClose}
    >
      <p>{t(text, { who, name })}</p>
    </ConfirmDialog>
  )
}

/** A relation that nobody can run: why it is closed, and what managers can do about it (issue 4, design.md 5). */
export function WithoutAdmin({ customer }: { customer: Detail }) {
  const { t } = useTranslation('customers')
  const format = useFormat()
  const me = useMe()
  const [proposing, setProposing] = useState(false)
  if (customer.state !== 'without-admin') return null
  const { name, adminProposal: proposal, withoutAdminSince: since } = customer
  const may = seesInvitations(me)
  return (
    <>
      <Message tone="warning" title={t('without.title', { name })}>
        <p>
          {since !== undefined && t('without.since', { date: format.moment(since) })} {t('without.closed')}
        </p>
        {!may && <p>{t('without.ask')}</p>}
        {may && proposal === undefined && (
          <p className="beneath">
            <Button onClick={() => setProposing(true)}>{t('without.propose')}</Button>
          </p>
        )}
      </Message>
      {proposal && (
        <Section
          title={t('without.waits', { name })}
          action={
            may && (
              <Button small icon={IconAdd} onClick={() => setProposing(true)}>
                {t('without.more')}
              </Button>
            )
          }
        >
          <ul className="lines">
            {proposal.members.map((member) => (
              <li key={member.id} className="cell">
                {member.kind === 'group' ? <IconGroup className="i" aria-hidden /> : <Tile name={member.name} />}
                <span className="el">{member.name}</span> <span className="mut">{t(member.kind)}</span>
              </li>
            ))}
          </ul>
          <p className="mut sm beneath">{t('without.by', { by: proposal.proposedBy, date: format.moment(proposal.proposedAt), name })}</p>
        </Section>
      )}
      {proposing && <ProposeDialog customer={customer} onClose={() => setProposing(false)} />}
    </>
  )
}

interface ProposeValues {
  readonly members: readonly Person[]
}

function ProposeDialog({ customer, onClose }: { customer: Detail; onClose: () => void }) {
  const { t } = useTranslation('customers')
  const changed = useChanged()
  const { id, name } = customer
  const form = useForm<ProposeValues>({
    initial: { members: [] },
    check: ({ members }) => (members.length === 0 ? { members: t('accept.none') } : {}),
    send: async ({ members }) => {
      await proposeAdmins(id, members)
      changed.done(t('without.proposed', { name }))
    },
    done: onClose,
  })
  return (
    <FormDialog open title={t('without.proposeTitle', { name })} form={form} submit={t('without.send')} onClose={onClose}>
      <PeoplePicker {...form.field('members')} label={t('accept.who')} hint={t('without.hint', { name })} required search={findPeople} max={50} />
    </FormDialog>
  )
}
