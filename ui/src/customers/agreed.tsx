import { useTranslation } from 'react-i18next'
import { Fact, Facts, Section } from '../kit/details/Facts'
import { Message } from '../kit/Message'
import { byFeature, usePermissionWords } from '../kit/permission'
import { Tag } from '../kit/status'
import { useFormat } from '../text/i18n'
import { wordsOf } from './grant'
import type { Detail, Grant } from './queries'
import './customers.css'

/** Which rooms are covered and which are not, one sentence each. */
export function GrantFacts({ grant, offered }: { grant: Grant; offered?: boolean }) {
  const { t } = useTranslation('customers')
  const format = useFormat()
  const { covers, except } = wordsOf(grant, format, t)
  return (
    <>
      <Fact label={t('fact.which')}>
        <Lines lines={covers} />
      </Fact>
      {except.length > 0 && (
        <Fact label={offered ? t('fact.except') : t('fact.exceptGranted')}>
          <Lines lines={except} />
        </Fact>
      )}
    </>
  )
}

function Lines({ lines }: { lines: readonly string[] }) {
  return (
    <span className="lines">
      {lines.map((line) => (
        <span key={line}>{line}</span>
      ))}
    </span>
  )
}

/** "12 of 21 permissions". */
export function useCeilingCount(): (detail: Pick<Detail, 'ceiling' | 'catalogue'>) => string {
  const { t } = useTranslation('customers')
  const format = useFormat()
  return ({ ceiling, catalogue }) =>
    t('ceiling.count', { held: format.number(catalogue.filter((one) => ceiling.includes(one)).length), all: format.number(catalogue.length) })
}

/** What the customer approves, how your people sign in, and what is left after the end, in words. */
export function useAgreedWords(): (detail: Pick<Detail, 'changeControl' | 'strongAuth' | 'sealDays'>) => { control: string; signin: string; after: string } {
  const { t } = useTranslation('customers')
  const { t: event } = useTranslation('portal')
  const format = useFormat()
  return ({ changeControl, strongAuth, sealDays }) => {
    const manual = events.filter((one) => changeControl[one] === 'manual').map((one) => event(`event.${one}.is`))
    return {
      control: manual.length === 0 ? t('agreed.auto') : t('agreed.manual', { events: format.list(manual) }),
      signin: strongAuth === undefined ? t('agreed.ownSignin') : t('strongAuth', { name: strongAuth.name }),
      after: sealDays === 0 ? t('agreed.sealNone') : t('agreed.sealed', { count: sealDays }),
    }
  }
}

/** What change control decides about, in the order in which people read it: store/change.go. */
const events = ['role', 'assignment', 'group', 'action', 'export'] as const

/** What was agreed beside rooms and permissions, as facts. */
export function AgreedFacts({ detail }: { detail: Detail }) {
  const { t } = useTranslation('customers')
  const { control, signin, after } = useAgreedWords()(detail)
  return (
    <>
      <Fact label={t('fact.control')}>{control}</Fact>
      <Fact label={t('fact.strongAuth')}>{signin}</Fact>
      <Fact label={t('fact.retention')}>{t('retention', { count: detail.retentionDays })}</Fact>
      <Fact label={t('fact.after')}>{after}</Fact>
      {detail.contacts !== undefined && <Fact label={t('fact.contacts')}>{detail.contacts.join(', ')}</Fact>}
    </>
  )
}

/** The ceiling against the whole catalogue: granted ones filled, the others dashed and said. */
export function CeilingSection({ detail }: { detail: Pick<Detail, 'ceiling' | 'catalogue'> }) {
  const { t } = useTranslation('customers')
  const count = useCeilingCount()
  const words = usePermissionWords()
  return (
    <Section title={t('ceiling.title')} note={count(detail)}>
      <Facts>
        {byFeature(detail.catalogue).map(({ feature, names }) => (
          <Fact key={feature} label={words.ofFeature(feature)}>
            <span className="allowed">
              {names.map((name) => (
                <Tag key={name} tone={detail.ceiling.includes(name) ? undefined : 'dashed'}>
                  {words.of(name)}
                  {!detail.ceiling.includes(name) && <span className="unseen">, {t('ceiling.not')}</span>}
                </Tag>
              ))}
            </span>
          </Fact>
        ))}
      </Facts>
      <p className="mut sm beneath">{t('ceiling.note')}</p>
    </Section>
  )
}

/** A name proves nothing: what to compare before one trusts it (design.md 7). */
export function LookAlike({ name }: { name: string }) {
  const { t } = useTranslation('customers')
  return (
    <Message tone="warning" title={t('lookAlikeTitle', { name })}>
      {t('lookAlikeText')}
    </Message>
  )
}
