import { useTranslation } from 'react-i18next'
import { usePermissionWords } from '../permission'
import { useFormat } from '../../text/i18n'
import type { Format } from '../../text/format'

/** A thing before and after a change, as the audit record keeps it: `{before: {...}, after: {...}}`; either can be absent. */
export type Detail = Readonly<Record<string, unknown>>

interface CompareProps {
  readonly detail: Detail
  /** Names of what stands in the detail by id or by scope. */
  readonly names?: Readonly<Record<string, string>> | undefined
}

/** What a change did or would do, field by field: as it was, as it is; changed fields are marked. */
export function Compare({ detail, names = {} }: CompareProps) {
  const { t } = useTranslation()
  const words = useValueWords(names)
  const before = noteOf(detail['before'])
  const after = noteOf(detail['after'])
  if (before === undefined && after === undefined) return null
  const fields = inOrder([...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])])
  return (
    <table className="small compare">
      <caption className="unseen">{t('compare.caption')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('compare.field')}</th>
          {before && <th scope="col">{t('compare.before')}</th>}
          {after && <th scope="col">{t('compare.after')}</th>}
        </tr>
      </thead>
      <tbody>
        {fields.map((field) => {
          const was = words(before?.[field])
          const is = words(after?.[field])
          const changed = before !== undefined && after !== undefined && was !== is
          return (
            <tr key={field} className={changed ? 'changed' : undefined}>
              <th scope="row">
                {t(`compare.of.${field}` as 'compare.of.name', { defaultValue: field })}
                {changed && <span className="unseen"> {t('compare.changed')}</span>}
              </th>
              {before && <td>{was}</td>}
              {after && <td>{is}</td>}
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

const leading = ['name', 'description']

/** The name first, then the description, then the others as they come. */
function inOrder(fields: readonly string[]): readonly string[] {
  return [...leading.filter((field) => fields.includes(field)), ...fields.filter((field) => !leading.includes(field))]
}

/** Whether a detail says anything about before or after. */
export function compares(detail: Detail): boolean {
  return noteOf(detail['before']) !== undefined || noteOf(detail['after']) !== undefined
}

function noteOf(side: unknown): Detail | undefined {
  if (typeof side !== 'object' || side === null) return undefined
  return Array.isArray(side) ? { items: side } : (side as Detail)
}

/** Turns a value of a detail into words: lists by commas, things by their names, times in the person's form. */
function useValueWords(names: Readonly<Record<string, string>>) {
  const { t } = useTranslation()
  const format = useFormat()
  const permission = usePermissionWords()
  const controls: Readonly<Record<string, string>> = { manual: t('compare.control.manual'), auto: t('compare.control.auto') }
  const one = (value: unknown): string => {
    if (value === undefined || value === null || value === '') return '–'
    if (typeof value === 'boolean') return t(value ? 'compare.yes' : 'compare.no')
    if (typeof value === 'number') return format.number(value)
    if (typeof value === 'string') return textOf(value, format, names, permission.whole, t('compare.everyRoom'))
    if (Array.isArray(value)) return value.length === 0 ? '–' : value.map(one).join(', ')
    const note = value as Detail
    if (typeof note['name'] === 'string') return note['name']
    return Object.entries(note)
      .map(([key, part]) => {
        const name = t(`compare.of.${key}` as 'compare.of.name', { defaultValue: key })
        const said = (typeof part === 'string' ? controls[part] : undefined) ?? one(part)
        return `${t('list.filterIs', { name })} ${said}`
      })
      .join('; ')
  }
  return one
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d/
const permissionName = /^[a-z]+\.[a-zA-Z]+$/

function textOf(text: string, format: Format, names: Readonly<Record<string, string>>, permission: (name: string) => string, everyRoom: string): string {
  if (text === 'all') return everyRoom
  const name = names[text]
  if (name !== undefined) return name
  if (instant.test(text)) return format.moment(text)
  return permissionName.test(text) ? permission(text) : text
}
