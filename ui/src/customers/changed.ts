import { useQueryClient } from '@tanstack/react-query'
import { refresh } from '../api/query'
import { usePlace } from '../kit/scope'
import { useToast } from '../kit/toast'

interface Changed {
  /** It was done: reads the lists of customers and codes again, and says so. The answered invitation is not read: it is gone. */
  readonly done: (said?: string) => void
  /** It was refused, because somebody else was faster: what is on the screen is old, the open invitation too. */
  readonly refused: () => void
}

/** What is read again after an answer or a new code. */
export function useChanged(): Changed {
  const client = useQueryClient()
  const { session } = usePlace()
  const toast = useToast()
  return {
    done: (said) => {
      void refresh(client, session, 'customers', 'collect')
      if (said !== undefined) toast(said)
    },
    refused: () => void refresh(client, session, 'customers', 'invitations'),
  }
}
