import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../kit/Button'
import { Failure } from '../kit/Failure'
import { ConfirmDialog } from '../kit/form/Dialog'
import { Message } from '../kit/Message'
import { Card, PlainPage } from '../kit/Page'
import { useFormat } from '../text/i18n'
import { choiceOf } from './agreed'
import { grantOf } from './choice'
import { GrantEffect } from './grant.effect'
import { RoomsChoice } from './invite.rooms'
import { DraftPage, useDraft, type DraftProps } from './draft.page'
import { useLater } from './later'
import { changeGrant, useGrantPreview } from './queries'
import './portal.css'

/** Which rooms the partner may reach: widened and narrowed at any time, with what it gains and loses before it is done (screens.md 4.10). */
export function Page() {
  const { t } = useTranslation('portal')
  return <DraftPage title={t('reach.title')} of={Rooms} />
}

// What else changes while the page is open does not take the draft away: saving says it.
function Rooms({ partnership, relation: read, onSaved }: DraftProps) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const [relation] = useState(read)
  const start = choiceOf(relation.grant)
  const [choice, setChoice] = useState(start.choice)
  const [asking, setAsking] = useState(false)
  const partner = partnership.partner.name
  const grant = grantOf(choice)
  const dirty = JSON.stringify(grant) !== JSON.stringify(grantOf(start.choice))
  const asked = useLater(grant)
  const preview = useGrantPreview(asked)
  const settled = JSON.stringify(asked) === JSON.stringify(grant) && !preview.isPlaceholderData
  const draft = useDraft(dirty, onSaved, t('reach.saved'))
  const save = async () => {
    if (grant !== undefined) await draft.save(() => changeGrant(preview.data?.version ?? relation.version, grant))
  }
  const why = !dirty
    ? t('unchanged')
    : grant === undefined
      ? t(choice.mode === 'places' ? 'wizard.rooms.needPlace' : 'wizard.rooms.needRoom')
      : preview.data?.covered === 0
        ? t('wizard.rooms.noneCovered')
        : preview.data === undefined || !settled
          ? t('wizard.rooms.counting')
          : undefined
  const lost = preview.data?.lost.count ?? 0
  return (
    <PlainPage title={t('reach.title')} count={t('rooms', { count: relation.rooms })}>
      <p className="sec">{t('reach.lead', { partner })}</p>
      {start.mixed && <Message tone="warning">{t('reach.mixed')}</Message>}
      <div className="pchange">
        <div className="stack">
          <RoomsChoice choice={choice} onChange={setChoice} reason={undefined}>
            {null}
          </RoomsChoice>
        </div>
        <Card title={t('reach.effect')}>
          {preview.error !== null && preview.data === undefined && <Failure error={preview.error} retry={preview.refetch} />}
          {grant === undefined ? <p className="mut">{t('wizard.rooms.none')}</p> : preview.data && <GrantEffect preview={preview.data} grant={grant} partner={partner} busy={!settled} dirty={dirty} />}
        </Card>
      </div>
      <div className="row">
        <Button kind="primary" disabledReason={why} onClick={() => setAsking(true)}>
          {t('reach.save')}
        </Button>
        {dirty && (
          <Button kind="quiet" onClick={() => setChoice(start.choice)}>
            {t('discard')}
          </Button>
        )}
      </div>
      <ConfirmDialog
        open={asking}
        title={lost > 0 ? t('reach.confirmLost', { partner, count: lost }) : t('reach.confirm', { partner })}
        action={lost > 0 ? t('reach.saveLost') : t('reach.save')}
        danger={lost > 0}
        run={save}
        onClose={() => setAsking(false)}
      >
        {preview.data && (
          <>
            {lost > 0 && <p>{t('reach.erased', { count: preview.data.incidents, devices: format.number(preview.data.devices) })}</p>}
            {lost > 0 && <p>{t('reach.final')}</p>}
            {preview.data.gained !== undefined && preview.data.gained.count > 0 && <p>{t('reach.gains', { partner, count: preview.data.gained.count })}</p>}
          </>
        )}
      </ConfirmDialog>
      {draft.leaving}
    </PlainPage>
  )
}
