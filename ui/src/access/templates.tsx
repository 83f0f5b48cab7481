import { useState } from 'react'
import { flushSync } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { textOf, useSearchText, useSetSearch, PageLink } from '../kit/address'
import { useTitle } from '../kit/announce'
import { Button, IconButton } from '../kit/Button'
import { Fact, Facts } from '../kit/details/Facts'
import { Absent } from '../kit/Empty'
import { Failure, Loaded } from '../kit/Failure'
import { ConfirmDialog, FormDialog } from '../kit/form/Dialog'
import { AreaField, TextField } from '../kit/form/fields'
import { useForm } from '../kit/form/useForm'
import { IconAdd, IconCustomers, IconDelete, IconLocked } from '../kit/icons'
import { Message } from '../kit/Message'
import { PlainPage } from '../kit/Page'
import { withTick } from '../kit/permission'
import { useCan, useMe } from '../kit/rights'
import { ApplyDialog } from './apply'
import { useChanged } from './changed'
import { YourChanges } from './changes'
import { ColumnItem, ColumnList } from './ColumnList'
import { useDraft } from './draft'
import { AskToLeave, NameFields, SaveBar, StateOfDraft, useEditor } from './editor'
import { PermissionMatrix } from './PermissionMatrix'
import { applyTemplate, changeTemplate, createTemplate, deleteTemplate, useRoleTemplates, type RoleTemplate } from './queries'
import { refusedBy } from './Refused'
import { useTemplateName } from './roleName'
import './access.css'

/** Sets of permissions that the partner gives to many customers: those of Roomward and its own. */
export function Page() {
  const { t } = useTranslation('access')
  const query = useRoleTemplates()
  if (query.data === undefined) {
    return (
      <PlainPage title={t('templates.title')}>
        <Loaded query={query} lines={12}>
          {() => null}
        </Loaded>
      </PlainPage>
    )
  }
  return <Shown templates={query.data} error={query.error} retry={query.refetch} />
}

function Shown({ templates, error, retry }: { templates: readonly RoleTemplate[]; error: unknown; retry: () => unknown }) {
  const { t } = useTranslation('access')
  const search = useSearchText()
  const setSearch = useSetSearch()
  const can = useCan()
  const nameOf = useTemplateName()
  const [adding, setAdding] = useState(false)
  const asked = textOf(search, 'template')
  const template = templates.find((one) => one.id === (asked === '' ? templates[0]?.id : asked))
  return (
    <>
      <ColumnList
        title={t('templates.title')}
        chosen={asked !== ''}
        page="role-templates"
        action={<IconButton icon={IconAdd} label={t('templates.new')} onClick={() => setAdding(true)} />}
        foot={can('roles.view') && <PageLink page="roles">{t('roles.title')}</PageLink>}
      >
        {templates.map((one) => (
          <ColumnItem
            key={one.id}
            page="role-templates"
            search={{ template: one.id }}
            current={one.id === template?.id}
            name={nameOf(one)}
            locked={one.builtIn ? t('templates.builtIn') : undefined}
            detail={t('roles.permissionCount', { count: one.permissions.length })}
          />
        ))}
      </ColumnList>
      {template === undefined ? (
        <div className="main">
          <Absent />
        </div>
      ) : (
        <TemplatePane key={template.id} template={template} error={error} retry={retry} />
      )}
      {adding && (
        <NewTemplate onClose={() => setAdding(false)} onMade={(made) => setSearch({ template: made.id }, 'push')} />
      )}
    </>
  )
}

function TemplatePane({ template, error, retry }: { template: RoleTemplate; error: unknown; retry: () => unknown }) {
  const { t } = useTranslation('access')
  const { permissions: catalogue, holdings } = useMe()
  const setSearch = useSetSearch()
  const changed = useChanged()
  const name = useTemplateName()(template)
  const [dialog, setDialog] = useState<'delete' | 'apply'>()
  const draft = useDraft(template)
  const editor = useEditor({ draft, send: changeTemplate, said: t('templates.saved', { name: draft.values.name.trim() }) })
  useTitle(name, t('templates.title'))
  const readOnly = template.builtIn ? t('templates.builtInStays') : undefined
  const customers = holdings.filter((holding) => holding.permissions.includes('roles.modify'))
  const noApply = customers.length === 0 ? t('templates.noCustomer') : draft.count > 0 ? t('templates.saveFirst') : undefined
  const held = draft.values.permissions
  return (
    <div className="main" data-region="template">
      <div className="head">
        <h2 className="el">{name}</h2>
        <span className="stamp">
          <Button small kind="quiet" icon={IconCustomers} disabledReason={noApply} onClick={() => setDialog('apply')}>
            {t('templates.apply')}
          </Button>
          <Button small kind="quiet" className="crit" icon={IconDelete} disabledReason={readOnly} onClick={() => setDialog('delete')}>
            {t('roles.delete')}
          </Button>
        </span>
      </div>
      <div className="body wide rbody">
        {error !== null && <Failure error={error} retry={retry} />}
        {readOnly !== undefined && <Message icon={IconLocked}>{readOnly}</Message>}
        <StateOfDraft draft={draft} editor={editor} latest={template} />
        {template.builtIn ? (
          <p className="sec">{t(`templates.about.${template.id}` as 'templates.about.site-lead', { defaultValue: template.description })}</p>
        ) : (
          <div className="rgeneral">
            <NameFields draft={draft} nameReason={editor.nameReason} readOnly={undefined} />
            <Facts>
              <Fact label={t('templates.changedBy')}>{template.changedBy}</Fact>
            </Facts>
          </div>
        )}
        {!template.builtIn && <p className="sec">{t('templates.lead')}</p>}
        <div className="mxbox">
          <PermissionMatrix
            label={t('roles.matrix', { name })}
            base={draft.base.permissions}
            held={held}
            locked={() => undefined}
            readOnly={readOnly}
            refused={refusedBy(editor.failure)}
            onTick={(name, on) => draft.change({ permissions: withTick(held, name, on, catalogue) })}
          />
        </div>
        {!template.builtIn && <YourChanges base={draft.base} values={draft.values} count={draft.count} />}
      </div>
      {!template.builtIn && (
        <SaveBar
          count={draft.count}
          busy={editor.busy}
          disabledReason={draft.stale ? t('roles.staleText') : undefined}
          note={t('templates.rolesStay')}
          onSave={() => void editor.save()}
          onDiscard={editor.discard}
        />
      )}
      <AskToLeave dirty={draft.count > 0} parameter="template" id={template.id} />
      <ConfirmDialog
        open={dialog === 'delete'}
        title={t('templates.deleteTitle', { name })}
        action={t('roles.delete')}
        danger
        run={async () => {
          await deleteTemplate(template)
          flushSync(draft.discard) // going on must not ask about changes of what is gone
          setSearch({ template: undefined })
          await changed(t('templates.deleted', { name }))
        }}
        onClose={() => setDialog(undefined)}
      >
        <p>{t('templates.rolesStay')}</p>
      </ConfirmDialog>
      {dialog === 'apply' && (
        <ApplyDialog
          title={t('apply.title', { name })}
          customers={customers}
          apply={(chosen, preview) => applyTemplate(template.id, chosen, preview)}
          onClose={() => setDialog(undefined)}
        />
      )}
    </div>
  )
}

function NewTemplate({ onClose, onMade }: { onClose: () => void; onMade: (made: RoleTemplate) => void }) {
  const { t } = useTranslation('access')
  const changed = useChanged()
  const form = useForm({
    initial: { name: '', description: '' },
    check: ({ name }) => (name.trim() === '' ? { name: t('roles.nameNeeded') } : {}),
    send: async ({ name, description }) => {
      const made = await createTemplate({ name: name.trim(), description: description.trim(), permissions: [] })
      await changed(t('templates.made', { name: made.name }))
      onMade(made)
    },
    done: onClose,
  })
  return (
    <FormDialog open title={t('templates.new')} form={form} submit={t('newRole.create')} onClose={onClose}>
      <TextField {...form.field('name')} label={t('roles.name')} required maxLength={100} />
      <AreaField {...form.field('description')} label={t('roles.description')} hint={t('roles.descriptionHint')} maxLength={500} rows={2} />
    </FormDialog>
  )
}
