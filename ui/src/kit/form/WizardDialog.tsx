import { useState } from 'react'
import { Dialog, DialogSurface } from '@fluentui/react-components'
import { useTranslation } from 'react-i18next'
import { IconButton } from '../Button'
import { IconClose } from '../icons'
import { LeaveDialog } from './LeaveDialog'
import { useWizardParts, type WizardProps } from './Wizard'

/** A wizard in a dialog of 880 by 620. Closing it with changes asks. */
export function WizardDialog({ open, ...props }: WizardProps & { open: boolean }) {
  const [asking, setAsking] = useState(false)
  const cancel = () => {
    if (props.dirty === true) setAsking(true)
    else props.onCancel()
  }
  return (
    <>
      <Dialog open={open} onOpenChange={(_, data) => !data.open && cancel()}>
        <DialogSurface className="wdialog" aria-label={props.title}>
          {open && <Parts {...props} onCancel={cancel} />}
        </DialogSurface>
      </Dialog>
      {asking && (
        <LeaveDialog
          onStay={() => setAsking(false)}
          onLeave={() => {
            setAsking(false)
            props.onCancel()
          }}
        />
      )}
    </>
  )
}

function Parts(props: WizardProps) {
  const { t } = useTranslation()
  const { title, rail, content, foot } = useWizardParts(props)
  return (
    <div className="main">
      <div className="head">
        <h1 className="el">{title}</h1>
        <span className="stamp">
          <IconButton icon={IconClose} label={t('kit.close')} onClick={props.onCancel} />
        </span>
      </div>
      <div className="wiz">
        <nav aria-label={t('form.steps')}>{rail}</nav>
        <div className="wbody">{content}</div>
      </div>
      <div className="pfoot">{foot}</div>
    </div>
  )
}
