import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Fact } from '../kit/details/Facts'
import { byFeature, usePermissionWords } from '../kit/permission'
import { useFormat } from '../text/i18n'
import type { Grant } from './queries'
import { grantWords } from './words'
import './portal.css'

/** Sentences, one below the other. */
export function Lines({ lines }: { lines: readonly ReactNode[] }) {
  return (
    <span className="plines">
      {lines.map((line, i) => (
        <span key={i}>{line}</span>
      ))}
    </span>
  )
}

/** Which rooms are in, and which are left out. */
export function GrantFacts({ grant }: { grant: Grant }) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const { covers, except } = grantWords(grant, format, t)
  return (
    <>
      <Fact label={t('fact.which')}>
        <Lines lines={covers} />
      </Fact>
      {except.length > 0 && (
        <Fact label={t('fact.except')}>
          <Lines lines={except} />
        </Fact>
      )}
    </>
  )
}

/** Permissions by kind of thing, in words: "Rooms: View, modify, act". `no`: those that are not given. */
export function Allowed({ names, no }: { names: readonly string[]; no?: boolean }) {
  const format = useFormat()
  const words = usePermissionWords()
  const lowered = (word: string) => word.charAt(0).toLocaleLowerCase(format.language) + word.slice(1)
  return (
    <dl className={no ? 'pallow no' : 'pallow'}>
      {byFeature(names).map(({ feature, names: list }) => (
        <div key={feature} className="contents">
          <dt>{words.ofFeature(feature)}</dt>
          <dd>{list.map((name, i) => (i === 0 ? words.of(name) : lowered(words.of(name)))).join(', ')}</dd>
        </div>
      ))}
    </dl>
  )
}
