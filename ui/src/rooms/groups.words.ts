import { useTranslation } from 'react-i18next'
import { useDeviceKind } from '../kit/signal'
import { useFormat } from '../text/i18n'
import { factNames, ruleOf, type FactName, type GroupRule } from './groups.draft'

/** A value of a fact as people read it. */
export function useFactValue(): (fact: FactName, value: string) => string {
  const format = useFormat()
  const kind = useDeviceKind()
  return (fact, value) => {
    if (fact === 'country') return format.country(value)
    return fact === 'deviceKind' ? kind(value) : value
  }
}

/** A rule as a sentence: "Rooms where the city is London or Paris and the maker is Poly." */
export function useRuleSentence(): (rule: GroupRule) => string {
  const { t } = useTranslation('rooms')
  const format = useFormat()
  const word = useFactValue()
  const either = (words: readonly string[]) =>
    words.length < 2 ? (words[0] ?? '') : t('groups.either', { some: words.slice(0, -1).join(', '), last: words.at(-1) ?? '' })
  const seats = (from: number, to: number) => {
    if (to === 0) return t('groups.is.seatsFrom', { from: format.number(from) })
    return from === 0 ? t('groups.is.seatsTo', { to: format.number(to) }) : t('groups.is.seats', { from: format.number(from), to: format.number(to) })
  }
  return (given) => {
    const rule = ruleOf(given)
    const said = factNames.flatMap((fact) => {
      const values = rule[fact]
      return values === undefined ? [] : [t(`groups.is.${fact}`, { values: either(values.map((value) => word(fact, value))) })]
    })
    const { capacityMin = 0, capacityMax = 0 } = rule
    if (capacityMin + capacityMax > 0) said.push(seats(capacityMin, capacityMax))
    return said.length === 0 ? t('groups.noFact') : t('groups.roomsWhere', { facts: format.list(said) })
  }
}
