import { useTranslation } from 'react-i18next'
import { approves } from '../api/can'
import { AreaField, ChoiceField, TextField, type Option } from '../kit/form/fields'
import { FormDialog } from '../kit/form/Dialog'
import { useForm } from '../kit/form/useForm'
import { usePermissionWords } from '../kit/permission'
import { useCan, useMe } from '../kit/rights'
import { usePlace } from '../kit/scope'
import { useFormat } from '../text/i18n'
import { useChanged } from './changed'
import { createRole, useRoleTemplates, type Role, type RoleList } from './queries'
import { useTemplateName } from './roleName'

interface NewRoleProps {
  readonly list: RoleList
  readonly onClose: () => void
  readonly onMade: (role: Role) => void
}

/** The value of "empty": no template has it as its id. */
const empty = ''

/** A role of the customer, empty or with the permissions of a template that the customer grants. */
export function NewRole({ list, onClose, onMade }: NewRoleProps) {
  const { t } = useTranslation('access')
  const { customer, customerName = '' } = usePlace()
  const asks = approves(useMe(), 'role', customer)
  const can = useCan()
  const words = usePermissionWords()
  const format = useFormat()
  const changed = useChanged()
  const nameOf = useTemplateName()
  const templates = useRoleTemplates(can('roles.modify')).data ?? []
  const form = useForm({
    initial: { name: '', description: '', template: empty },
    check: ({ name }) => (name.trim() === '' ? { name: t('roles.nameNeeded') } : {}),
    send: async ({ name, description, template }) => {
      const wanted = templates.find((one) => one.id === template)?.permissions ?? []
      const made = await createRole(customer, { name: name.trim(), description: description.trim(), permissions: wanted.filter((one) => list.ceiling.includes(one)) })
      await changed(t('roles.made', { name: made.name }))
      onMade(made)
    },
    done: onClose,
  })
  const options: readonly Option[] = [
    { value: empty, label: t('newRole.empty'), hint: t('newRole.emptyHint') },
    ...templates.map((template) => {
      const cut = template.permissions.filter((one) => !list.ceiling.includes(one))
      const kept = t('roles.permissionCount', { count: template.permissions.length - cut.length })
      const left = format.list(cut.map(words.whole))
      return { value: template.id, label: nameOf(template), hint: cut.length === 0 ? kept : `${kept}. ${t('newRole.cut', { customer: customerName, list: left })}` }
    }),
  ]
  const choose = (id: string) => {
    const before = templates.find((one) => one.id === form.values.template)
    const template = templates.find((one) => one.id === id)
    form.set('template', id)
    // What the person typed themselves stays. The stored name is offered, not the one shown: by it applying the template later finds the role.
    if (form.values.name.trim() === (before?.name ?? '')) form.set('name', template?.name ?? '')
    if (form.values.description.trim() === (before?.description ?? '')) form.set('description', template?.description ?? '')
  }
  return (
    <FormDialog open title={t('newRole.title', { customer: customerName })} form={form} submit={t(asks ? 'newRole.ask' : 'newRole.create')} onClose={onClose}>
      <ChoiceField {...form.field('template')} onChange={choose} label={t('newRole.from')} options={options} />
      <TextField {...form.field('name')} label={t('roles.name')} required maxLength={100} />
      <AreaField {...form.field('description')} label={t('roles.description')} hint={t('roles.descriptionHint')} maxLength={500} rows={2} />
    </FormDialog>
  )
}
