import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { seesInvitations } from '../api/can'
import { textOf, useGo, useSearchText } from '../kit/address'
import { useCopy } from '../kit/details/CopyButton'
import { IconCopy, IconCustomers, IconKey, IconTenantManagers, IconWarning12 } from '../kit/icons'
import { ListPage } from '../kit/list/ListPage'
import type { Command, ListSpec } from '../kit/list/spec'
import { useMe } from '../kit/rights'
import { Tag } from '../kit/status'
import { Tile } from '../kit/Tile'
import { When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { Codes } from './codes'
import { EntryDetails } from './details'
import { entryPages, useCounts, type Entry, type EntryPage, type State } from './queries'
import { openIdOf } from './openid'
import { StateWords } from './state'

/** Customers and invitations, or the invitation codes. */
export function Page() {
  const codes = textOf(useSearchText(), 'view') === 'codes'
  return codes ? <Codes /> : <Customers />
}

const dash = <span className="mut">–</span>

function Customers() {
  const { t } = useTranslation('customers')
  const format = useFormat()
  const me = useMe()
  const counts = useCounts()
  const commands = useCommands()
  const tab = textOf(useSearchText(), 'state')
  const accepting = seesInvitations(me)
  const domain = me.partner.domain

  const spec = useMemo((): ListSpec<Entry, EntryPage> => {
    const count = (state: State) => counts?.get(state) ?? 0
    const customers = count('active') + count('consent-withdrawn') + count('without-admin') + count('strong-auth')
    const invitations = count('pending') + count('expired')
    const shown = (state: State) => (count(state) > 0 ? count(state) : undefined)
    const words = () => {
      if (counts === undefined) return undefined
      const some = t('customers', { count: customers })
      return invitations === 0 ? some : t('both', { customers: some, invitations: t('invitations', { count: invitations }) })
    }
    const empty = () => {
      if (tab === 'pending') return t('none.pending')
      if (tab === 'consent-withdrawn') return t('none.withdrawn')
      if (tab === 'without-admin') return t('none.withoutAdmin')
      if (tab === 'strong-auth') return t('none.strongAuth')
      if (tab === 'expired') return t('none.expired')
      return accepting ? t('empty') : t('emptyOwn')
    }
    return {
      word: 'customers',
      title: t('title'),
      count: words,
      tabs: [
        { value: '', label: t('tab.all') },
        ...(accepting ? [{ value: 'pending', label: t('tab.pending'), count: shown('pending') }] : []),
        { value: 'consent-withdrawn', label: t('tab.withdrawn'), count: shown('consent-withdrawn') },
        // Rare: it has its tab only while there is one.
        ...(count('without-admin') > 0 || tab === 'without-admin'
          ? [{ value: 'without-admin', label: t('tab.withoutAdmin'), count: shown('without-admin') }]
          : []),
        ...(count('strong-auth') > 0 || tab === 'strong-auth'
          ? [{ value: 'strong-auth', label: t('tab.strongAuth'), count: shown('strong-auth') }]
          : []),
        { value: 'active', label: t('tab.active') },
        ...(accepting ? [{ value: 'expired', label: t('tab.expired'), count: shown('expired') }] : []),
      ],
      sort: 'state',
      roomy: true,
      columns: [
        { id: 'customer', head: t('column.customer'), flex: 170, cell: (e) => <Name entry={e} /> },
        { id: 'state', head: t('column.state'), width: 216, cell: (e) => <StateWords entry={e} /> },
        { id: 'domains', head: t('column.domains'), width: 168, hide: 2, cell: (e) => <Domains entry={e} /> },
        { id: 'tenant', head: t('column.tenant'), width: 276, hide: 1, cell: (e) => <span className="mono sec el">{e.tenantId}</span> },
        {
          id: 'rooms',
          head: t('column.rooms'),
          width: 60,
          align: 'end',
          cell: (e) => {
            const rooms = e.rooms ?? e.roomsOffered
            return rooms === undefined ? dash : format.number(rooms)
          },
        },
        { id: 'admins', head: t('column.admins'), width: 130, hide: 4, cell: (e) => <Admins entry={e} /> },
        {
          id: 'ends',
          head: t('column.ends'),
          width: 100,
          hide: 3,
          cell: (e) => (e.endsAt === undefined ? <span className="mut">{t('noEnd')}</span> : <When at={e.endsAt} as="date" />),
        },
        {
          id: 'data',
          head: t('column.data'),
          name: t('column.dataName'),
          width: 80,
          align: 'end',
          cell: (e) => (e.dataAt === undefined ? dash : <span className={e.state === 'active' ? 'mut' : 'warn'}><When at={e.dataAt} as="age" /></span>),
        },
      ],
      page: entryPages,
      row: (e) => ({ id: openIdOf(e), customer: e.kind === 'customer' ? e.id : undefined, label: e.name }),
      quiet: (e) => e.state === 'expired',
      commands,
      details: EntryDetails,
      paneWidth: 520,
      empty: { icon: IconCustomers, text: empty() },
      footer: words,
      footerEnd: accepting ? (
        <span className="end">
          {t('domain')} <span className="mono sec">{domain}</span>
        </span>
      ) : undefined,
    }
  }, [t, format, counts, commands, accepting, domain, tab])
  return <ListPage spec={spec} />
}

/** What leads on from here; only who accepts invitations has more to do than to look. */
function useCommands(): readonly Command<Entry>[] {
  const { t } = useTranslation('customers')
  const me = useMe()
  const go = useGo()
  const copy = useCopy()
  if (!seesInvitations(me)) return []
  const domain = me.partner.domain
  return [
    {
      id: 'domain',
      label: t('command.copyDomain'),
      icon: IconCopy,
      run: () => void copy(domain, t('command.domainCopied', { domain })),
    },
    { id: 'codes', label: t('command.codes'), icon: IconKey, run: () => go('/customers', { view: 'codes' }) },
    { id: 'managers', label: t('command.managers'), icon: IconTenantManagers, run: () => go('/tenant-managers') },
  ]
}

function Name({ entry }: { entry: Entry }) {
  const { t } = useTranslation('customers')
  return (
    <span className="cell grow">
      <Tile name={entry.name} square />
      <span className="el">{entry.name}</span>
      {entry.looksLike !== undefined && (
        <span title={t('lookAlikeOf', { name: entry.looksLike })}>
          <Tag tone="warning" icon={IconWarning12}>
            {t('lookAlike')}
          </Tag>
        </span>
      )}
    </span>
  )
}

function Domains({ entry }: { entry: Entry }) {
  const [first, ...rest] = entry.domains
  if (first === undefined) return dash
  return (
    <span className="el sec" title={entry.domains.join(', ')}>
      {first}
      {rest.length > 0 && <span className="mut"> +{rest.length}</span>}
    </span>
  )
}

function Admins({ entry }: { entry: Entry }) {
  const admins = entry.primaryAdmins ?? []
  const [first, ...rest] = admins
  if (first === undefined) return dash
  return (
    <span className="el sec" title={admins.map((admin) => admin.name).join(', ')}>
      {first.name}
      {rest.length > 0 && <span className="mut"> +{rest.length}</span>}
    </span>
  )
}
