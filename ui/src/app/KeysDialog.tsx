import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useKept } from '../kit/kept'
import { PlainDialog } from '../kit/form/Dialog'
import { useFrame, useWhere } from './frame'
import { entriesOf, goLetters } from './nav'

/** All keys, and the switch for the single-letter ones. */
export function KeysDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('app')
  const { me, pages } = useFrame()
  const { customer } = useWhere()
  const [letters, keep] = useKept('letterKeys')
  const entries = entriesOf(me, customer, pages).flat()
  const goes = Object.entries(goLetters).filter(([, page]) => entries.some((entry) => entry.page === page))
  return (
    <PlainDialog open title={t('keys.title')} onClose={onClose}>
      <div className="keys">
        <Group title={t('keys.frame')}>
          {me.side === 'partner' && <Line keys={['/']} text={t('keys.search')} />}
          <Line keys={['?']} text={t('keys.help')} />
          {goes.map(([letter, page]) => (
            <Line key={letter} keys={['g', letter]} text={t('keys.go', { page: t(`nav.${page}`) })} />
          ))}
          <Line keys={['F6']} text={t('keys.regions')} />
        </Group>
        <Group title={t('keys.lists')}>
          <Line keys={['↑', '↓', 'j', 'k']} text={t('keys.move')} />
          <Line keys={['Home', 'End']} text={t('keys.ends')} />
          <Line keys={['Space', 'x']} text={t('keys.select')} />
          <Line keys={['Ctrl+A']} text={t('keys.all')} />
          <Line keys={['Enter']} text={t('keys.enter')} />
          <Line keys={['Esc']} text={t('keys.leave')} />
          <Line keys={['Shift+F10']} text={t('keys.menu')} />
        </Group>
        <label className="row">
          <input type="checkbox" checked={letters !== 'off'} onChange={(event) => keep(event.target.checked ? 'on' : 'off')} />
          {t('keys.letters')}
        </label>
      </div>
    </PlainDialog>
  )
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="b">{title}</h3>
      <dl>{children}</dl>
    </section>
  )
}

function Line({ keys, text }: { keys: readonly string[]; text: string }) {
  return (
    <>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{text}</dd>
    </>
  )
}
