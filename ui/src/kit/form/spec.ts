import type { ReactNode } from 'react'

/** Reasons by field; a field without a reason is absent. */
export type Reasons<V> = Partial<Record<keyof V & string, string>>

export interface FormSpec<V> {
  readonly initial: V
  /** What is wrong with these values, in words. Runs at submit, and for a field after it was left. */
  readonly check?: (values: V) => Reasons<V>
  /** Sends the values. What it throws is shown in the form: at the fields that it names, else above. */
  readonly send: (values: V) => Promise<unknown>
  readonly done?: () => void
  /** Which field a location of a problem means, where it is not its last part. */
  readonly fieldOf?: (location: string) => (keyof V & string) | undefined
}

/** One step of a wizard. */
export interface Step {
  readonly id: string
  readonly label: string
  /** Under the label at the left, once the step has been visited. */
  readonly summary?: string
  readonly content: () => ReactNode
  /** What keeps the person here; empty when the step is valid. Shown at Next, never before. */
  readonly problems?: readonly string[]
  /** Runs at Next, before the step is left; resolves to false to stay. */
  readonly leave?: () => Promise<boolean>
}
