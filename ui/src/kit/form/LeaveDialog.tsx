import { useRef, useState } from 'react'
import { Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from '@fluentui/react-components'
import { useTranslation } from 'react-i18next'
import { Button } from '../Button'
import { useBeginAt } from './Dialog'

/** Asks before changes are lost. Staying has the focus, and gives it back to where it was. */
export function LeaveDialog({ onLeave, onStay }: { onLeave: () => void; onStay: () => void }) {
  const { t } = useTranslation()
  const stay = useRef<HTMLButtonElement>(null)
  useBeginAt(stay)
  const [before] = useState(() => document.activeElement)
  const back = () => {
    onStay()
    // A dialog below counts as hidden until the focus is in it again.
    setTimeout(() => {
      if (before instanceof HTMLElement) before.focus()
    })
  }
  return (
    <Dialog open modalType="alert" onOpenChange={(_, data) => !data.open && back()}>
      <DialogSurface className="dialog">
        <DialogBody>
          <DialogTitle>{t('form.leaveTitle')}</DialogTitle>
          <DialogContent>{t('form.leaveText')}</DialogContent>
          <DialogActions>
            <Button kind="danger" onClick={onLeave}>
              {t('form.leave')}
            </Button>
            <Button ref={stay} onClick={back}>
              {t('form.stay')}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
