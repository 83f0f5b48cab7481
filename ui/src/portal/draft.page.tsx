import { useQueryClient } from '@tanstack/react-query'
import { useBlocker } from '@tanstack/react-router'
import { useState, type ComponentType, type ReactNode } from 'react'
import { refresh } from '../api/query'
import { LeaveDialog } from '../kit/form/LeaveDialog'
import { usePlace } from '../kit/scope'
import { useToast } from '../kit/toast'
import { InForce, type InForceProps } from './inForce'
import { feature, type Relation } from './queries'

/** What the draft of a part of the agreement is given. */
export interface DraftProps extends InForceProps {
  readonly onSaved: (relation: Relation) => void
}

/** A page that changes a part of what was agreed. What was saved begins a new draft; what else changes meanwhile does not take the draft away. */
export function DraftPage({ title, of: Draft }: { title: string; of: ComponentType<DraftProps> }) {
  const [saved, setSaved] = useState<Relation>()
  return (
    <InForce title={title}>
      {({ partnership, relation }) => <Draft key={saved?.version ?? 0} partnership={partnership} relation={saved ?? relation} onSaved={setSaved} />}
    </InForce>
  )
}

/** Saving a draft, said in a toast; and `leaving`, which asks before somebody goes away from one that is not saved. */
export function useDraft(dirty: boolean, onSaved: DraftProps['onSaved'], said: string): { readonly save: (change: () => Promise<Relation>) => Promise<void>; readonly leaving: ReactNode } {
  const client = useQueryClient()
  const toast = useToast()
  const { session } = usePlace()
  const guard = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty && current.pathname !== next.pathname,
    enableBeforeUnload: () => dirty,
    withResolver: true,
  })
  const save = async (change: () => Promise<Relation>) => {
    try {
      onSaved(await change())
    } finally {
      void refresh(client, session, feature)
    }
    toast(said)
  }
  return { save, leaving: guard.status === 'blocked' && <LeaveDialog onLeave={guard.proceed} onStay={guard.reset} /> }
}
