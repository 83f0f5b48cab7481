import { useState } from 'react'
import { Dialog, DialogSurface } from '@fluentui/react-components'
import { Waits } from '../../api/client'
import { LeaveDialog } from './LeaveDialog'
import { useWizardParts, WizardFrame, type WizardProps } from './Wizard'

/** A wizard in a dialog of 880 by 620. Closing it with changes asks. */
export function WizardDialog({ open, ...props }: WizardProps & { open: boolean }) {
  const [asking, setAsking] = useState(false)
  const [waits, setWaits] = useState(false)
  const leave = () => {
    setWaits(false)
    props.onCancel()
  }
  const cancel = () => {
    if (props.dirty === true && !waits) setAsking(true)
    else leave()
  }
  const send = async () => {
    try {
      await props.send()
    } catch (error) {
      setWaits(error instanceof Waits) // it is kept as a request: closing loses nothing
      throw error
    }
  }
  return (
    <>
      <Dialog open={open} onOpenChange={(_, data) => !data.open && cancel()}>
        <DialogSurface className="wdialog" aria-label={props.title}>
          {open && <Parts {...props} send={send} onCancel={cancel} />}
        </DialogSurface>
      </Dialog>
      {asking && (
        <LeaveDialog
          onStay={() => setAsking(false)}
          onLeave={() => {
            setAsking(false)
            leave()
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
