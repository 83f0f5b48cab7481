import { useTranslation } from 'react-i18next'
import { PlainDialog } from '../form/Dialog'
import { useKept } from '../kept'

/** A key of the list's own: a command's letter. */
export interface OwnKey {
  readonly letter: string
  readonly label: string
}

/** All keys of a list, and the switch for those of one letter (WCAG 2.1.4). */
export function KeysDialog({ open, onClose, own }: { open: boolean; onClose: () => void; own: readonly OwnKey[] }) {
  const { t } = useTranslation()
  const [letters, keepLetters] = useKept('letterKeys')
  const on = letters !== 'off'
  const ctrl = t('list.keyNameCtrl')
  const lines: readonly (readonly [readonly string[], string])[] = [
    [['/'], t('list.keySearch')],
    [['?'], t('list.keyHelp')],
    [['F6'], t('list.keyRegions')],
    [['G', 'O I R C A'], t('list.keyGo')],
    [['↑', '↓', 'J', 'K'], t('list.keyMove')],
    [['←', '→'], t('list.keyCells')],
    [[t('list.keyNameHome'), t('list.keyNameEnd')], t('list.keyEnds')],
    [[t('list.keyNamePageUp'), t('list.keyNamePageDown')], t('list.keyPages')],
    [[t('list.keyNameSpace'), 'X'], t('list.keySelectRow')],
    [[`${ctrl} A`], t('list.keySelectAll')],
    [[t('list.keyNameEnter')], t('list.keyOpenRow')],
    [[t('list.keyNameEscape')], t('list.keyEscape')],
    [[`${t('list.keyNameShift')} F10`], t('list.keyMenu')],
    ...own.map(({ letter, label }) => [[letter.toLocaleUpperCase()], label] as const),
  ]
  return (
    <PlainDialog open={open} title={t('list.keys')} onClose={onClose}>
      <dl className="keys">
        {lines.map(([keys, label]) => (
          <div key={label}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
      <label className="tick">
        <input type="checkbox" checked={on} onChange={(event) => keepLetters(event.target.checked ? 'on' : 'off')} />
        {t('list.letters')}
      </label>
    </PlainDialog>
  )
}
