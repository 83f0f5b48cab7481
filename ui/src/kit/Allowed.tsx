import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { components } from '../api/schema'
import { Button } from './Button'
import { Code } from './details/CopyButton'
import { SmallTable } from './details/SmallTable'
import { IconCollect } from './icons'
import { Tag, type Tone } from './status'
import { When } from './When'

type Capabilities = components['schemas']['Capabilities']
type Capability = components['schemas']['Capability']

/** Quiet where all is well or nothing is to be done; the others ask for a look. */
const toneOf: Partial<Record<Capability['state'], Tone>> = {
  forbidden: 'warning',
  'licence-missing': 'warning',
  gone: 'warning',
  throttled: 'warning',
  failing: 'warning',
  blocked: 'critical',
}

interface AllowedProps {
  readonly known: Capabilities
  /** Who reads it: what helps is another thing for each. */
  readonly side: 'partner' | 'customer'
  readonly checking: boolean
  readonly onCheck: () => void
  /** Beside the button: the way to consent again. */
  readonly action?: ReactNode
}

/** What a customer's consent and Microsoft's API allow, when that was tried, what Microsoft said, and what helps. */
export function Allowed({ known, side, checking, onCheck, action }: AllowedProps) {
  const { t } = useTranslation()
  const { checkedAt } = known
  return (
    <div className="stack-l">
      <p className="sec">
        {known.running ? t('can.running') : checkedAt === undefined ? t('can.unchecked') : <Checked at={checkedAt} />}
      </p>
      <div className="row">
        <Button icon={IconCollect} busy={checking} onClick={onCheck}>
          {t('can.check')}
        </Button>
        {action}
      </div>
      <SmallTable<Capability>
        caption={t('can.caption')}
        rows={known.items}
        keyOf={(one) => one.capability}
        columns={[
          { id: 'what', head: t('can.what'), weight: 4, cell: (one) => <What one={one} /> },
          { id: 'state', head: t('can.state'), weight: 5, cell: (one) => <State one={one} side={side} /> },
          { id: 'tried', head: t('can.tried'), weight: 2, cell: (one) => one.triedAt && <When at={one.triedAt} as="short" /> },
        ]}
      />
    </div>
  )
}

function Checked({ at }: { at: string }) {
  const { t } = useTranslation()
  const [before, after] = t('can.checked', { when: '|' }).split('|')
  return (
    <>
      {before}
      <When at={at} />
      {after}
    </>
  )
}

function What({ one }: { one: Capability }) {
  const { t } = useTranslation()
  return (
    <div className="can">
      <div>
        {t(`can.name.${one.capability}`)} {one.optional && one.state !== 'not-used' && <span className="mut">({t('can.optional')})</span>}
      </div>
      <div className="mono mut sm">{one.permission}</div>
    </div>
  )
}

function State({ one, side }: { one: Capability; side: 'partner' | 'customer' }) {
  const { t } = useTranslation()
  const { state, mend, detail } = one
  const tone = state === 'not-consented' && !one.optional ? 'warning' : toneOf[state]
  const word = t(`can.states.${state}`)
  // Not every state needs a sentence, nor does every one have a cure.
  const means = t(`can.means.${state}` as 'can.means.gone', { defaultValue: '' })
  const helps = t(`can.mend.${side}.${mend}` as 'can.mend.partner.wait', { defaultValue: '' })
  return (
    <div className="can">
      <div>{tone === undefined ? <span className={state === 'works' || state === 'allowed' ? '' : 'sec'}>{word}</span> : <Tag tone={tone}>{word}</Tag>}</div>
      {means !== '' && <div className="sec sm">{means}</div>}
      {state === 'not-used' && one.given === true && <div className="sec sm">{t('can.given')}</div>}
      {helps !== '' && state !== 'never-tried' && <div className="sm">{helps}</div>}
      {detail !== undefined && detail !== one.permission && (
        <div className="sm">
          <Code copy>{detail}</Code>
        </div>
      )}
    </div>
  )
}
