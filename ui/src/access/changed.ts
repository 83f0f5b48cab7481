import { useQueryClient } from '@tanstack/react-query'
import { refreshMe } from '../api/me'
import { refresh } from '../api/query'
import { usePlace } from '../kit/scope'
import { useToast } from '../kit/toast'

/** After a change of rules: reads them again and, because they may be one's own, one's rights; then says what was done. */
export function useChanged(): (said?: string) => Promise<void> {
  const client = useQueryClient()
  const { session } = usePlace()
  const toast = useToast()
  return async (said) => {
    await refresh(client, session, 'access')
    void refreshMe(client)
    if (said !== undefined) toast(said)
  }
}
