import { useState } from 'react'
import { Dialog, DialogSurface } from '@fluentui/react-components'
import { LeaveDialog } from './LeaveDialog'
import { useWizardParts, WizardFrame, type WizardProps } from './Wizard'

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
  const parts = useWizardParts(props)
  return (
    <div className="main">
      <WizardFrame {...parts} onCancel={props.onCancel} />
    </div>
  )
}
