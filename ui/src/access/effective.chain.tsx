import { useTranslation } from 'react-i18next'
import { PageLink } from '../kit/address'
import { Section } from '../kit/details/Facts'
import { IconCheck, IconClose16 } from '../kit/icons'
import { Message } from '../kit/Message'
import { useCan } from '../kit/rights'
import { useFormat } from '../text/i18n'
import type { Answer } from './effective.queries'
import { headlineOf, linksOf, mark, otherReason, remedyOf, roleOf, scopeWords, type Link } from './effective.words'
import { Places } from './effective.where'

/** The answer: one sentence, then why. */
export function Verdict({ answer, customer }: { answer: Answer; customer: string }) {
  const { t } = useTranslation('access')
  const format = useFormat()
  const { yes, text, sub } = headlineOf(answer, customer, t, format)
  const [first, ...others] = answer.chains
  return (
    <>
      <div className="ck-verdict">
        {yes !== undefined && (
          <span className={yes ? 'ck-yes' : 'ck-no'}>{yes ? <IconCheck className="i s" aria-hidden /> : <IconClose16 className="i s" aria-hidden />}</span>
        )}
        <div className="grow">
          <h2>{text}</h2>
          {sub !== undefined && <p className="sec">{sub}</p>}
        </div>
      </div>
      {yes !== undefined && (
        <ol className="ck-chain" aria-label={t('check.chain')}>
          {linksOf(first, answer, customer, t, format).map((link, i) => (
            <LinkLine key={i} link={link} />
          ))}
        </ol>
      )}
      {answer.hidden && <Message>{t('check.hidden')}</Message>}
      <Places answer={answer} />
      <Remedy answer={answer} customer={customer} />
      {others.length > 0 && (
        <Section title={t('check.others', { customer })}>
          <ul className="ck-others">
            {others.map((chain, i) => (
              <li key={i}>
                {chain.broken === undefined ? <IconCheck className="i s" aria-hidden /> : <IconClose16 className="i s" aria-hidden />}
                <div>
                  <span className="b">{chain.assignmentName ?? t('check.unseen')}</span>{' '}
                  <span className="mut">{[roleOf(chain, t), scopeWords(chain, t)].filter(Boolean).join(', ')}</span>
                  <div>{otherReason(chain, answer, t, format)}</div>
                </div>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  )
}

function LinkLine({ link }: { link: Link }) {
  const { t } = useTranslation('access')
  const [before = '', after = ''] = link.text.split(mark)
  return (
    <li className={link.ok ? undefined : 'broken'}>
      <span className="ck-node">{link.ok ? <IconCheck className="i s" aria-hidden /> : <IconClose16 className="i s" aria-hidden />}</span>
      <div>
        <div>
          <span className="unseen">{link.ok ? t('check.holdsLink') : t('check.breaksLink')} </span>
          {before}
          {link.text.includes(mark) && <span className="b">{link.name}</span>}
          {after}
        </div>
        {link.sub !== undefined && <div className="sm mut">{link.sub}</div>}
      </div>
    </li>
  )
}

/** What would make it yes: only for who may change roles there. */
function Remedy({ answer, customer }: { answer: Answer; customer: string }) {
  const { t } = useTranslation('access')
  const may = useCan()
  const remedy = may('roles.modify') ? remedyOf(answer, customer, t) : undefined
  if (remedy === undefined) return null
  return (
    <Section title={t('check.fixTitle')}>
      <p>
        {remedy} {answer.broken !== 'ceiling' && answer.broken !== 'closed' && <PageLink page="roles">{t('check.toRoles')}</PageLink>}
      </p>
    </Section>
  )
}
