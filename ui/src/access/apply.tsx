import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../kit/Button'
import { PlainDialog } from '../kit/form/Dialog'
import type { Step } from '../kit/form/spec'
import { useWizard } from '../kit/form/Wizard'
import { WizardDialog } from '../kit/form/WizardDialog'
import { usePermissionWords } from '../kit/permission'
import { Tag, type Tone } from '../kit/status'
import { useFormat } from '../text/i18n'
import { useChanged } from './changed'
import type { ApplyResult } from './queries'
import { TickList } from '../kit/form/TickList'

interface ApplyDialogProps {
  readonly title: string
  /** Those in which the person may change roles. */
  readonly customers: readonly { readonly customerId: string; readonly customerName: string }[]
  readonly apply: (customers: readonly string[], preview: boolean) => Promise<readonly ApplyResult[]>
  readonly onClose: () => void
}

/** Gives a role to several customers: which, what would happen in each, and what did. */
export function ApplyDialog({ title, customers, apply, onClose }: ApplyDialogProps) {
  const { t } = useTranslation('access')
  const changed = useChanged()
  const [chosen, setChosen] = useState<readonly string[]>([])
  const [preview, setPreview] = useState<readonly ApplyResult[]>([])
  const [results, setResults] = useState<readonly ApplyResult[]>()
  const needed = chosen.length === 0 ? [t('apply.customerNeeded')] : []
  const changing = preview.filter((one) => one.outcome === 'create' || one.outcome === 'update')

  if (results !== undefined) {
    const done = results.filter((one) => one.outcome === 'created' || one.outcome === 'updated').length
    return (
      <PlainDialog big open title={title} onClose={onClose} actions={<Button kind="primary" onClick={onClose}>{t('apply.close')}</Button>}>
        <div className="stack">
          <p role="status">{t('apply.done', { count: done })}</p>
          <Table caption={t('apply.results')} rows={results} />
        </div>
      </PlainDialog>
    )
  }
  const steps: readonly Step[] = [
    {
      id: 'customers',
      label: t('apply.customers'),
      summary: t('apply.customerCount', { count: chosen.length }),
      problems: needed,
      leave: async () => {
        setPreview(await apply(chosen, true))
        return true
      },
      content: () => <Customers customers={customers} chosen={chosen} onChange={setChosen} />,
    },
    {
      id: 'preview',
      label: t('apply.preview'),
      problems: changing.length === 0 ? [t('apply.nothing')] : [],
      content: () => (
        <>
          <p className="sec">{t('apply.previewLead')}</p>
          <Table caption={t('apply.preview')} rows={preview} />
        </>
      ),
    },
  ]
  return (
    <WizardDialog
      open
      title={title}
      steps={steps}
      submit={t('apply.send', { count: changing.length })}
      note={t('apply.note')}
      dirty={chosen.length > 0}
      onCancel={onClose}
      send={async () => {
        const done = await apply(chosen, false)
        await changed()
        setResults(done)
      }}
    />
  )
}

interface CustomersProps {
  readonly customers: ApplyDialogProps['customers']
  readonly chosen: readonly string[]
  readonly onChange: (chosen: readonly string[]) => void
}

/** With more customers than this one may type to find. */
const findAbove = 8

function Customers({ customers, chosen, onChange }: CustomersProps) {
  const { t } = useTranslation('access')
  const { tried } = useWizard()
  const [find, setFind] = useState('')
  const wanted = find.trim().toLocaleLowerCase()
  const shown = customers.filter((one) => one.customerName.toLocaleLowerCase().includes(wanted))
  const all = shown.every((one) => chosen.includes(one.customerId))
  const ids = shown.map((one) => one.customerId)
  return (
    <div className="stack">
      <p className="sec">{t('apply.lead')}</p>
      {customers.length > findAbove && (
        <input className="field" type="search" aria-label={t('apply.find')} placeholder={t('apply.find')} value={find} onChange={(event) => setFind(event.target.value)} />
      )}
      <div className="row">
        <span className="mut grow" role="status">
          {t('apply.chosen', { count: chosen.length })}
        </span>
        {shown.length > 1 && (
          <Button small onClick={() => onChange(all ? chosen.filter((id) => !ids.includes(id)) : [...new Set([...chosen, ...ids])])}>
            {all ? t('apply.clear') : t('apply.all')}
          </Button>
        )}
      </div>
      {tried && chosen.length === 0 && <p className="reason">{t('apply.customerNeeded')}</p>}
      {shown.length === 0 ? (
        <p className="mut">{t('scope.nothing')}</p>
      ) : (
        <TickList
          label={t('apply.customers')}
          ticked={chosen}
          options={shown.map((one) => ({ id: one.customerId, label: one.customerName }))}
          onTick={({ id }) => onChange(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id])}
        />
      )}
    </div>
  )
}

const tones: Partial<Record<ApplyResult['outcome'], Tone>> = { create: 'brand', update: 'brand', created: 'healthy', updated: 'healthy', refused: 'critical' }

/** What happens with each customer, or happened. */
function Table({ caption, rows }: { caption: string; rows: readonly ApplyResult[] }) {
  const { t } = useTranslation('access')
  const common = useTranslation().t
  const format = useFormat()
  const words = usePermissionWords()
  const list = (names: readonly string[]) => format.list(names.map(words.whole))
  return (
    <table className="rapply">
      <caption className="unseen">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{t('apply.customer')}</th>
          <th scope="col">{t('apply.outcome')}</th>
          <th scope="col">{t('apply.cut')}</th>
          <th scope="col">{t('apply.changes')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.customer}>
            <th scope="row">{row.customerName === '' ? t('apply.unknown') : row.customerName}</th>
            <td>
              <Tag {...(tones[row.outcome] && { tone: tones[row.outcome] })}>{t(`apply.is.${row.outcome}`)}</Tag>
              {row.why !== undefined && row.why !== '' && (
                <p className="sm">{common(`errors.${row.why}` as 'errors.refused', { defaultValue: common('errors.refused') })}</p>
              )}
            </td>
            <td>{row.outcome !== 'refused' && (row.cut.length === 0 ? <span className="mut">{t('apply.cutsNothing')}</span> : list(row.cut))}</td>
            <td>
              {row.outcome !== 'refused' && (
                <>
                  {row.outcome === 'create' || row.outcome === 'created' ? (
                    t('roles.permissionCount', { count: row.permissions.length })
                  ) : (
                    <>
                      {row.added.length > 0 && <p>+ {list(row.added)}</p>}
                      {row.removed.length > 0 && <p>− {list(row.removed)}</p>}
                    </>
                  )}
                  {row.assignments > 0 && (
                    <p className="mut sm">
                      {t('apply.touches', {
                        people: t('roles.people', { count: row.people }),
                        assignments: t('roles.assignmentCount', { count: row.assignments }),
                      })}
                    </p>
                  )}
                </>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
