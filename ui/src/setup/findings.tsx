import { useTranslation } from 'react-i18next'
import { IconCheckFilled, IconError20, IconWarning20 } from '../kit/icons'
import { When } from '../kit/When'
import type { Outcome } from './queries'

/** The worst state among findings; 'none' when nothing was tested. */
export function worstOf(outcomes: readonly Outcome[] | null | undefined): Outcome['state'] | 'none' {
  if (!outcomes || outcomes.length === 0) return 'none'
  return outcomes.some((o) => o.state === 'broken') ? 'broken' : outcomes.some((o) => o.state === 'warning') ? 'warning' : 'ok'
}

const glyphs = { ok: IconCheckFilled, warning: IconWarning20, broken: IconError20 } as const

/** The sentence of a finding and what to do about it, in the person's language; the server's own words for a code of a newer one. */
function useWords(): (outcome: Outcome) => { says: string; todo: string } {
  const { t } = useTranslation('setup')
  return (outcome) => {
    const values: Record<string, string> = { ...outcome.values, said: outcome.said ?? outcome.values?.['said'] ?? '', number: String(outcome.number ?? '') }
    const purpose = values['purpose']
    if (purpose !== undefined) values['purpose'] = t(`purpose.${purpose}` as 'purpose.restart')
    const said = t(`found.${outcome.code}` as 'found.token-ok', { ...values, defaultValue: outcome.said ?? outcome.code })
    return { says: String(said), todo: String(t(`todo.${outcome.code}` as 'todo.app-unknown', { ...values, defaultValue: '' })) }
  }
}

/** What a test found, worst first: state, sentence, what to do, and Microsoft's own words to search for. */
export function Findings({ outcomes }: { outcomes: readonly (Outcome & { readonly at?: string })[] | null | undefined }) {
  const { t } = useTranslation('setup')
  const words = useWords()
  if (!outcomes || outcomes.length === 0) return null
  const order = { broken: 0, warning: 1, ok: 2 } as const
  const sorted = [...outcomes].sort((a, b) => order[a.state] - order[b.state])
  return (
    <div role="status">
      <ul className="findings" aria-label={t('findings')}>
      {sorted.map((outcome, index) => {
        const Glyph = glyphs[outcome.state]
        const { says, todo } = words(outcome)
        return (
          <li key={`${outcome.code}-${index}`} className={outcome.state} data-code={outcome.code}>
            <Glyph className="i" aria-hidden />
            <div>
              <span className="unseen">{t(`state.${outcome.state}`)}: </span>
              <span className={outcome.state === 'ok' ? undefined : 'b'}>{says}</span>
              {outcome.at !== undefined && (
                <span className="mut sm found-at">
                  <When at={outcome.at} as="short" />
                </span>
              )}
              {todo !== '' && <div>{todo}</div>}
              {outcome.number !== undefined && outcome.number !== 0 && (
                <div className="mut sm">
                  {t('number', { number: outcome.number })}
                  {outcome.said !== undefined && outcome.code !== 'cloud-refused' && <span className="said">{t('said', { said: outcome.said })}</span>}
                </div>
              )}
            </div>
          </li>
        )
      })}
      </ul>
    </div>
  )
}
