import { Popover, PopoverSurface, PopoverTrigger } from '@fluentui/react-components'
import { useTranslation } from 'react-i18next'
import { Button, IconButton } from '../kit/Button'
import { Loaded } from '../kit/Failure'
import { NumberField } from '../kit/form/fields'
import { IconAdd, IconClose12, IconDelete } from '../kit/icons'
import { ChoiceList } from '../kit/list/ChoiceList'
import { factNames, facts, most, type FactName, type GroupFacts, type GroupRule } from './groups.draft'
import { useGroupFacts } from './groups.queries'
import { useFactValue, useRuleSentence } from './groups.words'

interface RulesFieldProps {
  readonly rules: readonly GroupRule[]
  readonly onChange: (rules: readonly GroupRule[]) => void
}

/** The rules of a group: alternatives, each a row of facts that must all hold. */
export function RulesField({ rules, onChange }: RulesFieldProps) {
  const { t } = useTranslation('rooms')
  const query = useGroupFacts()
  const full = rules.length >= most.rules ? t('groups.mostRules', { count: most.rules }) : undefined
  return (
    <div className="stack">
      <p className="mut">{t('groups.rulesHint')}</p>
      <Loaded query={query} lines={4}>
        {(known) => (
          <ol className="stack">
            {rules.map((rule, i) => (
              <li key={i}>
                <RuleRow
                  rule={rule}
                  number={i + 1}
                  known={known}
                  onChange={(changed) => onChange(rules.map((one, at) => (at === i ? changed : one)))}
                  onRemove={rules.length > 1 ? () => onChange(rules.filter((_, at) => at !== i)) : undefined}
                />
              </li>
            ))}
          </ol>
        )}
      </Loaded>
      <div>
        <Button small icon={IconAdd} disabledReason={full} onClick={() => onChange([...rules, {}])}>
          {t('groups.addRule')}
        </Button>
      </div>
    </div>
  )
}

interface RuleRowProps {
  readonly rule: GroupRule
  readonly number: number
  readonly known: GroupFacts
  readonly onChange: (rule: GroupRule) => void
  /** Absent for the only one. */
  readonly onRemove: (() => void) | undefined
}

function RuleRow({ rule, number, known, onChange, onRemove }: RuleRowProps) {
  const { t } = useTranslation('rooms')
  const sentence = useRuleSentence()
  const title = t('groups.ruleNumber', { number })
  const seats = (name: 'capacityMin' | 'capacityMax', label: string) => (
    <NumberField
      name={`${name}${number}`}
      label={label}
      min={1}
      value={rule[name]}
      onChange={(value) => onChange({ ...rule, [name]: value === undefined ? undefined : Math.max(0, Math.floor(value)) })}
      onLeave={() => undefined}
      reason={undefined}
    />
  )
  return (
    <section className="card part rg-rule" aria-label={title}>
      <div className="row">
        <h3 className="h grow">{number === 1 ? title : t('groups.orRule', { number })}</h3>
        {onRemove && <IconButton icon={IconDelete} label={t('groups.removeRule', { number })} onClick={onRemove} />}
      </div>
      <div className="rg-facts">
        {factNames.map((fact) => (
          <FactPill key={fact} fact={fact} values={rule[fact] ?? []} known={known[facts[fact]]} onChange={(values) => onChange({ ...rule, [fact]: [...values] })} />
        ))}
      </div>
      <div className="rg-seats">
        {seats('capacityMin', t('groups.seatsMin'))}
        {seats('capacityMax', t('groups.seatsMax'))}
      </div>
      <p className="sec">{sentence(rule)}</p>
    </section>
  )
}

interface FactPillProps {
  readonly fact: FactName
  readonly values: readonly string[]
  readonly known: GroupFacts[keyof GroupFacts]
  readonly onChange: (values: readonly string[]) => void
}

/** One fact of a rule: its values behind a pill, as the filters of lists have them. A value that no room has any more stays. */
function FactPill({ fact, values, known, onChange }: FactPillProps) {
  const { t } = useTranslation('rooms')
  const { t: common } = useTranslation()
  const word = useFactValue()
  const label = t(`groups.fact.${fact}`)
  const on = values.length > 0
  const words = values.map((value) => word(fact, value)).join(', ')
  const gone = values.filter((value) => !known.some((one) => one.value === value)).map((value) => ({ value, label: word(fact, value) }))
  const choices = [...gone, ...known.map(({ value, count }) => ({ value, label: word(fact, value), count }))]
  return (
    <span className={on ? 'pill on' : 'pill'}>
      <Popover trapFocus positioning="below-start">
        <PopoverTrigger disableButtonEnhancement>
          <button type="button" title={on ? words : undefined}>
            {on ? (
              <span className="el">
                {common('list.filterIs', { name: label })} <b>{words}</b>
              </span>
            ) : (
              label
            )}
          </button>
        </PopoverTrigger>
        <PopoverSurface className="pop" aria-label={label}>
          {choices.length === 0 ? <p className="mut">{t('groups.noValue')}</p> : <ChoiceList label={label} choices={choices} values={values} onChange={onChange} />}
        </PopoverSurface>
      </Popover>
      {on && (
        <button type="button" aria-label={common('list.clearFilter', { name: label })} onClick={() => onChange([])}>
          <IconClose12 className="i xs" aria-hidden />
        </button>
      )}
    </span>
  )
}
