import { createContext, use, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { findPeople } from '../api/directory'
import { Code } from '../kit/details/CopyButton'
import { DetailsPane } from '../kit/details/DetailsPane'
import { Fact, Facts, Section } from '../kit/details/Facts'
import { usePane } from '../kit/details/pane'
import { Absent } from '../kit/Empty'
import { ConfirmDialog, FormDialog } from '../kit/form/Dialog'
import { PeoplePicker, type Person } from '../kit/form/PeoplePicker'
import { useForm } from '../kit/form/useForm'
import { IconAdd, IconDelete, IconGroup, IconTenantManagers } from '../kit/icons'
import { ListPage } from '../kit/list/ListPage'
import type { DetailsProps, ListSpec } from '../kit/list/spec'
import { Message } from '../kit/Message'
import { useMe } from '../kit/rights'
import { Tile } from '../kit/Tile'
import { When } from '../kit/When'
import { useChanged } from './changed'
import { addManager, managerPages, removeManager, useManagers, type ManagerPage, type TenantManager } from './queries'

/** Asks whether to remove somebody; the page keeps the dialog, because the pane goes with the row. */
const RemoveContext = createContext<(manager: TenantManager) => void>(() => undefined)

/** Why this person may not change the list; undefined when they may (product.md 1.2). */
function useRefusal(): string | undefined {
  const { t } = useTranslation('access')
  const { powers } = useMe()
  return powers.manager || powers.globalAdmin ? undefined : t('managers.onlyManagers')
}

/** Who sees and accepts invitations, and no customer data. */
export function Page() {
  const { t } = useTranslation('access')
  const refusal = useRefusal()
  const changed = useChanged()
  const [adding, setAdding] = useState(false)
  const [removing, setRemoving] = useState<TenantManager>()

  const spec = useMemo((): ListSpec<TenantManager, ManagerPage> => {
    return {
      word: 'tenant-managers',
      title: t('managers.title'),
      count: (first) => first && t('managers.count', { count: first.items.length }),
      sort: '',
      search: false,
      roomy: true,
      selectable: refusal === undefined,
      columns: [
        { id: 'name', head: t('managers.name'), flex: 220, cell: (m) => <Name manager={m} /> },
        { id: 'kind', head: t('managers.kind'), width: 140, cell: (m) => <span className="sec">{t(`managers.${m.kind}`)}</span> },
        { id: 'added', head: t('managers.added'), width: 120, hide: 2, cell: (m) => <When at={m.addedAt} as="date" /> },
        { id: 'by', head: t('managers.by'), width: 180, hide: 1, cell: (m) => <span className="el sec">{m.addedBy}</span> },
      ],
      page: managerPages,
      row: (m) => ({ id: m.id, label: m.name }),
      commands: [
        { id: 'add', label: t('managers.add'), icon: IconAdd, disabledReason: () => refusal, run: () => setAdding(true) },
        {
          id: 'remove',
          label: t('managers.remove'),
          icon: IconDelete,
          needs: refusal === undefined ? 'one' : 'none', // who may not is told that, not to select something
          inRow: true,
          disabledReason: () => refusal,
          run: ([manager]) => setRemoving(manager),
        },
      ],
      notice: <Message>{refusal === undefined ? t('managers.note') : `${t('managers.note')} ${refusal}`}</Message>,
      details: ManagerDetails,
      empty: { icon: IconTenantManagers, text: t('managers.empty') },
    }
  }, [t, refusal])

  return (
    <RemoveContext value={setRemoving}>
      <ListPage spec={spec} />
      {adding && <AddDialog onClose={() => setAdding(false)} />}
      <ConfirmDialog
        open={removing !== undefined}
        title={t('managers.removeTitle', { name: removing?.name ?? '' })}
        action={t('managers.remove')}
        danger
        run={async () => {
          if (!removing) return
          await removeManager(removing.id)
          void changed(t('managers.removed', { name: removing.name }))
        }}
        onClose={() => setRemoving(undefined)}
      >
        <p>{t(removing?.kind === 'group' ? 'managers.removeGroup' : 'managers.removeText', { name: removing?.name ?? '' })}</p>
      </ConfirmDialog>
    </RemoveContext>
  )
}

function Name({ manager }: { manager: TenantManager }) {
  return (
    <span className="cell grow">
      {manager.kind === 'group' ? <IconGroup className="i" aria-hidden /> : <Tile name={manager.name} />}
      <span className="el">
        {manager.name} {manager.detail && <span className="mut">{manager.detail}</span>}
      </span>
    </span>
  )
}

interface Values {
  readonly id: readonly Person[]
}

function AddDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('access')
  const changed = useChanged()
  const form = useForm<Values>({
    initial: { id: [] },
    check: ({ id }) => (id.length === 0 ? { id: t('managers.pickNeeded') } : {}),
    send: async ({ id: [person] }) => {
      if (!person) return
      await addManager(person)
      void changed(t('managers.addedTo', { name: person.name }))
    },
    done: onClose,
  })
  return (
    <FormDialog open title={t('managers.add')} form={form} submit={t('managers.addAction')} onClose={onClose}>
      <PeoplePicker {...form.field('id')} label={t('managers.pick')} hint={t('managers.pickHint')} required search={findPeople} max={1} />
    </FormDialog>
  )
}

function ManagerDetails({ id }: DetailsProps<TenantManager>) {
  const { t } = useTranslation('access')
  const remove = use(RemoveContext)
  const refusal = useRefusal()
  const pane = usePane()
  const query = useManagers()
  const row = query.data?.pages.flatMap((page) => page.items).find((manager) => manager.id === id)
  if (row === undefined) {
    return (
      <DetailsPane query={query} title={t('managers.title')}>
        <Absent />
      </DetailsPane>
    )
  }
  return (
    <DetailsPane
      glyph={row.kind === 'group' ? <IconGroup className="i" aria-hidden /> : <Tile name={row.name} large />}
      title={row.name}
      subtitle={row.detail ?? t(`managers.${row.kind}`)}
      commands={[
        {
          id: 'remove',
          label: t('managers.remove'),
          icon: IconDelete,
          danger: true,
          disabledReason: refusal,
          run: () => {
            pane?.close()
            remove(row)
          },
        },
      ]}
    >
      <Section title={t('managers.who')}>
        <Facts>
          <Fact label={t('managers.kind')}>{t(`managers.${row.kind}`)}</Fact>
          <Fact label={t('managers.login')}>{row.detail}</Fact>
          <Fact label={t('managers.id')}>
            <Code copy>{row.principalId}</Code>
          </Fact>
          <Fact label={t('managers.added')}>
            <When at={row.addedAt} as="moment" />
          </Fact>
          <Fact label={t('managers.by')}>{row.addedBy}</Fact>
        </Facts>
      </Section>
      <Section title={t('managers.may')}>
        <Bullets lines={[t('managers.may1'), t('managers.may2'), t('managers.may3'), t('managers.may4')]} />
      </Section>
      <Section title={t('managers.mayNot')}>
        <Bullets lines={[t('managers.not1'), t('managers.not2'), t('managers.not3')]} />
      </Section>
    </DetailsPane>
  )
}

function Bullets({ lines }: { lines: readonly string[] }) {
  return (
    <ul className="bullets">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  )
}
