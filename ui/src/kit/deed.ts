import { useMutation, useQueryClient } from '@tanstack/react-query'
import { refresh } from '../api/query'
import { useSentence } from './problem'
import { usePlace } from './scope'
import { useToast } from './toast'

interface DeedSpec<V, R> {
  readonly run: (values: V) => Promise<R>
  /** Features whose reads are old afterwards. */
  readonly touches: readonly string[]
  /** What to say when it is done. */
  readonly said?: (result: R, values: V) => string
  readonly done?: (result: R, values: V) => void
  /** The place shows `error` itself (a dialog, a form): no toast of the failure. */
  readonly quiet?: boolean
}

interface Deed<V> {
  /** Starts it; resolves to whether it was done. */
  readonly go: (values: V) => Promise<boolean>
  readonly busy: boolean
  readonly error: unknown
  readonly clear: () => void
}

/** One command: runs it, refreshes what it touches, says the result once. An error is shown exactly once (style-ui.md 2.9). */
export function useDeed<V = void, R = unknown>({ run, touches, said, done, quiet }: DeedSpec<V, R>): Deed<V> {
  const client = useQueryClient()
  const { session } = usePlace()
  const toast = useToast()
  const sentence = useSentence()
  const { mutateAsync, isPending, error, reset } = useMutation({ mutationFn: run })
  return {
    go: async (values) => {
      try {
        const result = await mutateAsync(values)
        void refresh(client, session, ...touches)
        if (said) toast(said(result, values))
        done?.(result, values)
        return true
      } catch (failed) {
        const words = quiet ? undefined : sentence(failed)
        if (words !== undefined) toast(words, { tone: 'critical' })
        return false
      }
    },
    busy: isPending,
    error,
    clear: reset,
  }
}
