import { useQueryClient } from '@tanstack/react-query'
import { refresh } from '../api/query'
import { usePlace } from '../kit/scope'
import { useToast } from '../kit/toast'

/** After a dialog changed something: reads customers, invitations and codes again, and says what was done. */
export function useChanged(): (said?: string) => void {
  const client = useQueryClient()
  const { session } = usePlace()
  const toast = useToast()
  return (said) => {
    void refresh(client, session, 'customers', 'collect')
    if (said !== undefined) toast(said)
  }
}
