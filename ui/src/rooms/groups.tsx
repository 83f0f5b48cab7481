import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../api/client'
import { AskCustomer } from '../kit/AskCustomer'
import { ConfirmDialog } from '../kit/form/Dialog'
import { IconAdd, IconDelete, IconEdit, IconRoomGroups } from '../kit/icons'
import { ListPage } from '../kit/list/ListPage'
import type { ListSpec } from '../kit/list/spec'
import { usePlace } from '../kit/scope'
import { When } from '../kit/When'
import { useSetSearch, useSettleSearch } from '../kit/address'
import { useFormat } from '../text/i18n'
import { DeedsContext, useGroupLocks, type GroupDeeds } from './groups.deeds'
import { GroupDetails } from './groups.details'
import { groupParts, type Group } from './groups.draft'
import { deleteGroup, groupPages, useGroupsChanged, useMayCreate, type GroupPage } from './groups.queries'
import { GroupWizard } from './groups.wizard'
import './groups.css'

/** The room groups of one customer: scopes of assignments, filters of lists. */
export function Page() {
  const { t } = useTranslation('rooms')
  const { customer } = usePlace()
  if (customer === 'all') {
    return (
      <AskCustomer title={t('groups.title')} page="groups" permission="groups.view" icon={IconRoomGroups}>
        {t('groups.askCustomer')}
      </AskCustomer>
    )
  }
  return <Groups key={customer} />
}

function Groups() {
  const { t } = useTranslation('rooms')
  const format = useFormat()
  const setSearch = useSetSearch()
  const may = useMayCreate()
  const { lock, stays } = useGroupLocks()
  const [editing, setEditing] = useState<Group | 'new'>()
  const [removing, setRemoving] = useState<Group>()
  const deeds = useMemo((): GroupDeeds => ({ edit: setEditing, remove: setRemoving }), [])
  const mayNot = may === undefined || may.mayCreate || may.mayCreateRules ? undefined : t('groups.mayNotCreate')

  const spec = useMemo(
    (): ListSpec<Group, GroupPage> => ({
      ...groupParts,
      title: t('groups.title'),
      permission: 'groups.view',
      selectable: true,
      count: (first) => first && format.number(first.items.length),
      columns: [
        {
          id: 'name',
          head: t('groups.name'),
          flex: 220,
          sort: 'name',
          cell: (g) => (
            <span className="el">
              {g.name} <span className="mut">{g.description}</span>
            </span>
          ),
        },
        { id: 'kind', head: t('groups.kind'), width: 110, hide: 3, cell: (g) => <span className="sec">{t(`groups.kinds.${g.kind}`)}</span> },
        { id: 'rooms', head: t('groups.rooms'), width: 80, align: 'end', sort: 'rooms', descending: true, cell: (g) => format.number(g.rooms) },
        {
          id: 'used',
          head: t('groups.used'),
          name: t('groups.usedLong'),
          width: 130,
          sort: 'used',
          descending: true,
          hide: 2,
          cell: (g) =>
            g.usedBy === undefined ? (
              <span className="mut" title={t('groups.usedHidden')}>
                –
              </span>
            ) : g.usedBy === 0 ? (
              <span className="mut">{t('groups.unused')}</span>
            ) : (
              t('groups.assignments', { count: g.usedBy })
            ),
        },
        { id: 'changed', head: t('groups.changed'), width: 130, sort: 'changed', descending: true, hide: 1, cell: (g) => <When at={g.changedAt} as="date" /> },
      ],
      page: groupPages,
      row: (g) => ({ id: g.id, label: g.name }),
      commands: [
        { id: 'new', label: t('groups.new'), icon: IconAdd, disabledReason: () => mayNot, run: () => setEditing('new') },
        {
          id: 'edit',
          label: t('groups.edit'),
          icon: IconEdit,
          needs: 'one',
          inRow: true,
          disabledReason: ([group]) => group && lock(group),
          run: ([group]) => setEditing(group),
        },
        {
          id: 'delete',
          label: t('groups.delete'),
          icon: IconDelete,
          needs: 'one',
          inRow: true,
          disabledReason: ([group]) => group && stays(group),
          run: ([group]) => setRemoving(group),
        },
      ],
      details: GroupDetails,
      empty: { icon: IconRoomGroups, text: t('groups.none') },
      footer: (shown) => t('groups.count', { count: shown, shown: format.number(shown) }),
    }),
    [t, format, mayNot, lock, stays],
  )
  return (
    <DeedsContext value={deeds}>
      <ListPage spec={spec} />
      {editing !== undefined && (
        <GroupWizard
          group={editing === 'new' ? undefined : editing}
          mayRules={may?.mayCreateRules === true}
          onClose={() => setEditing(undefined)}
          onMade={(made) => setSearch({ open: made.id, tab: undefined }, 'push')}
        />
      )}
      <RemoveDialog group={removing} onClose={() => setRemoving(undefined)} />
    </DeedsContext>
  )
}

/** Asks before a group is deleted. One that an assignment names stays: the answer says so. */
function RemoveDialog({ group, onClose }: { group: Group | undefined; onClose: () => void }) {
  const { t } = useTranslation('rooms')
  const { customer, customerName = '' } = usePlace()
  const settle = useSettleSearch()
  const changed = useGroupsChanged()
  const run = async () => {
    if (group === undefined) return
    try {
      await deleteGroup(customer, group)
    } catch (error) {
      if (error instanceof ApiError && (error.status === 412 || error.status === 409)) void changed() // what is there now is read
      throw error
    }
    await settle({ open: undefined, tab: undefined })
    void changed(t('groups.deleted', { name: group.name }))
  }
  return (
    <ConfirmDialog
      open={group !== undefined}
      title={t('groups.deleteTitle', { name: group?.name ?? '', customer: customerName })}
      action={t('groups.delete')}
      danger
      run={run}
      onClose={onClose}
    >
      <p>{t('groups.deleteText', { count: group?.rooms ?? 0 })}</p>
    </ConfirmDialog>
  )
}
