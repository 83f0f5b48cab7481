import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../kit/Button'
import { SmallTable } from '../kit/details/SmallTable'
import { Failure } from '../kit/Failure'
import { ConfirmDialog } from '../kit/form/Dialog'
import { usePermissionWords } from '../kit/permission'
import { Card, PlainPage } from '../kit/Page'
import { useFormat } from '../text/i18n'
import { sameSet } from './ceiling'
import { CeilingFields } from './invite.permissions'
import { DraftPage, useDraft, type DraftProps } from './draft.page'
import { useLater } from './later'
import { changeCeiling, useCeilingPreview, type CeilingPreview } from './queries'
import './portal.css'

/** What the partner may do at most: changed at any time; which of its roles shrink is seen before (screens.md 4.10). */
export function Page() {
  const { t } = useTranslation('portal')
  return <DraftPage title={t('ceiling.title')} of={Ceiling} />
}

// What else changes while the page is open does not take the draft away: saving says it.
function Ceiling({ partnership, relation: read, onSaved }: DraftProps) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const [relation] = useState(read)
  const [held, setHeld] = useState<readonly string[]>(relation.ceiling)
  const [asking, setAsking] = useState(false)
  const partner = partnership.partner.name
  const dirty = !sameSet(held, relation.ceiling)
  const asked = useLater(held)
  const preview = useCeilingPreview(asked)
  const settled = asked === held && !preview.isPlaceholderData
  const cut = preview.data?.roles.filter((role) => role.loses.length > 0).length ?? 0
  const draft = useDraft(dirty, onSaved, t('ceiling.saved'))
  const save = () => draft.save(() => changeCeiling(relation.version, held))
  return (
    <PlainPage title={t('ceiling.title')} count={t('held', { held: format.number(relation.ceiling.length), all: format.number(partnership.permissions.length) })}>
      <CeilingFields held={held} onChange={setHeld} words={undefined} catalogue={partnership.permissions} usual={partnership.defaultCeiling} />
      {dirty && (
        <Card title={t('ceiling.effect')}>
          {preview.error !== null && preview.data === undefined && <Failure error={preview.error} retry={preview.refetch} />}
          {preview.data && <Shifts preview={preview.data} busy={!settled} />}
        </Card>
      )}
      <div className="row">
        <Button kind="primary" disabledReason={dirty ? (settled && preview.data !== undefined ? undefined : t('wizard.rooms.counting')) : t('unchanged')} onClick={() => setAsking(true)}>
          {t('ceiling.save')}
        </Button>
        {dirty && (
          <Button kind="quiet" onClick={() => setHeld(relation.ceiling)}>
            {t('discard')}
          </Button>
        )}
      </div>
      <ConfirmDialog
        open={asking}
        title={t('ceiling.confirm', { partner, held: format.number(held.length), all: format.number(partnership.permissions.length) })}
        action={t('ceiling.save')}
        danger={cut > 0}
        run={save}
        onClose={() => setAsking(false)}
      >
        <p>{cut > 0 ? t('ceiling.cut', { count: cut }) : t('ceiling.noneCut')}</p>
        {held.length === 0 && <p>{t('ceiling.nothing', { partner })}</p>}
      </ConfirmDialog>
      {draft.leaving}
    </PlainPage>
  )
}

function Shifts({ preview, busy }: { preview: CeilingPreview; busy: boolean }) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const words = usePermissionWords()
  if (preview.roles.length === 0) return <p className="mut">{t('ceiling.noneCut')}</p>
  const named = (names: readonly string[]) => format.list(names.map((name) => words.whole(name)))
  return (
    <div className="stack" aria-busy={busy}>
      <SmallTable
        caption={t('ceiling.effect')}
        rows={preview.roles}
        keyOf={(role) => role.role}
        columns={[
          { id: 'role', head: t('ceiling.role'), weight: 3, cell: (role) => (role.builtIn ? t('fact.admins') : role.name) },
          { id: 'members', head: t('ceiling.members'), weight: 2, cell: (role) => format.number(role.members) },
          {
            id: 'shift',
            head: t('ceiling.shift'),
            weight: 6,
            cell: (role) => (
              <span className="plines">
                {role.loses.length > 0 && <span>{t('ceiling.loses', { names: named(role.loses) })}</span>}
                {role.gains.length > 0 && <span>{t('ceiling.gains', { names: named(role.gains) })}</span>}
              </span>
            ),
          },
        ]}
      />
      <p className="mut sm">{t('ceiling.note')}</p>
    </div>
  )
}
