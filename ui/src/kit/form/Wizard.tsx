import { createContext, use, useEffect, useRef, useState, type ReactNode } from 'react'
import { useBlocker } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useTitle } from '../announce'
import { Waits } from '../../api/client'
import { Button, IconButton } from '../Button'
import { Failure } from '../Failure'
import { IconCheck, IconClose } from '../icons'
import { Message } from '../Message'
import { useFocusWhen } from './Dialog'
import { LeaveDialog } from './LeaveDialog'
import type { Step } from './spec'

export interface WizardProps {
  readonly title: string
  /** The last one is the review. */
  readonly steps: readonly Step[]
  /** The verb of the last button: "Send invitation". */
  readonly submit: string
  readonly send: () => Promise<unknown>
  readonly onDone?: () => void
  readonly onCancel: () => void
  /** Beside the buttons of the last step. */
  readonly note?: ReactNode
  /** Something was entered that leaving would lose. */
  readonly dirty?: boolean
  /** Begins at the review: what is changed is there already. */
  readonly atReview?: boolean
  /** The step to begin at, with those before it done. */
  readonly begin?: string | undefined
}

/** Where there is nowhere else to go, nothing cancels. */
type PartsProps = Omit<WizardProps, 'onCancel'> & { readonly onCancel?: () => void }

interface WizardHandle {
  readonly step: string
  /** Goes to a step; from the review, Next leads back to it. */
  readonly goTo: (id: string) => void
  /** Next was pressed and the step is not valid yet: its fields may say why. */
  readonly tried: boolean
}

const WizardContext = createContext<WizardHandle>({ step: '', goTo: () => undefined, tried: false })

/** The wizard around a step's content. */
export function useWizard(): WizardHandle {
  return use(WizardContext)
}

/** The state of a wizard, and its parts: full sheet and dialog lay them out. */
export function useWizardParts({ title, steps, submit, send, onDone, onCancel, note, atReview, begin }: PartsProps) {
  const { t } = useTranslation()
  const [at, setAt] = useState(() => (atReview === true ? steps.length - 1 : Math.max(0, steps.findIndex((step) => step.id === begin))))
  const [furthest, setFurthest] = useState(at)
  const [tried, setTried] = useState<string | undefined>(undefined)
  const [returning, setReturning] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<unknown>(undefined)
  const heading = useRef<HTMLHeadingElement>(null)
  const moved = useRef(false)

  const last = steps.length - 1
  const step = steps[Math.min(at, last)]
  useEffect(() => {
    if (moved.current) heading.current?.focus()
    moved.current = true
  }, [at])
  if (!step) throw new Error('a wizard needs steps')

  const problems = tried === step.id ? (step.problems ?? []) : []
  const go = (to: number) => {
    setTried(undefined)
    setFailed(undefined)
    setAt(to)
    setFurthest((before) => Math.max(before, to))
  }
  /** Whether the step may be left forwards; says why not. */
  const leave = async (): Promise<boolean> => {
    setTried(step.id)
    if ((step.problems ?? []).length > 0) return false
    return step.leave === undefined || (await step.leave())
  }
  const next = async () => {
    setBusy(true)
    setFailed(undefined)
    try {
      if (!(await leave())) return
      setReturning(false)
      go(returning ? last : at + 1)
    } catch (error) {
      setFailed(error)
    } finally {
      setBusy(false)
    }
  }
  const finish = async () => {
    setBusy(true)
    setFailed(undefined)
    try {
      if (!(await leave())) return
      await send()
      onDone?.()
    } catch (error) {
      setFailed(error)
    } finally {
      setBusy(false)
    }
  }
  /** Backwards freely; forwards only over steps that are valid. */
  const reachable = (to: number) => to <= at || (to <= furthest && steps.slice(at, to).every((s) => (s.problems ?? []).length === 0))
  const goTo = (id: string) => {
    const to = steps.findIndex((s) => s.id === id)
    if (to < 0 || !reachable(to)) return
    setReturning(at === last && to < last)
    go(to)
  }

  const rail = (
    <ol className="wsteps" aria-label={t('form.steps')}>
      {steps.map((s, i) => {
        // The review is never done before it is sent.
        const state = i === at ? 'now' : i <= furthest && i < last && (s.problems ?? []).length === 0 ? 'done' : 'open'
        return (
          <li key={s.id} className={state}>
            <button
              type="button"
              aria-current={i === at ? 'step' : undefined}
              aria-disabled={!reachable(i) || undefined}
              onClick={() => {
                if (i !== at && reachable(i)) goTo(s.id)
              }}
            >
              <span className="dot" aria-hidden>
                {state === 'done' ? <IconCheck className="i s" /> : i + 1}
              </span>
              <span className="grow">
                <span className={i === at ? 'b' : undefined}>{s.label}</span>
                {state === 'done' && <span className="unseen">, {t('form.stepDone')}</span>}
                {i <= furthest && i !== at && s.summary !== undefined && <span className="mut sm el">{s.summary}</span>}
              </span>
            </button>
          </li>
        )
      })}
    </ol>
  )
  const content = (
    <WizardContext value={{ step: step.id, goTo, tried: tried === step.id }}>
      <h2 className="unseen" ref={heading} tabIndex={-1}>
        {t('form.step', { step: at + 1, of: steps.length, label: step.label })}
      </h2>
      {problems.length > 0 && (
        <Message tone="critical" title={t('form.problems')}>
          <ul className="bullets">
            {problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </Message>
      )}
      {step.content()}
      {failed !== undefined && <Failure error={failed} />}
    </WizardContext>
  )
  const waits = failed instanceof Waits
  const close = useFocusWhen(waits)
  const foot = waits ? (
    <Button ref={close} kind="primary" onClick={onCancel}>
      {t('kit.close')}
    </Button>
  ) : (
    <>
      {at > 0 && <Button onClick={() => go(at - 1)}>{t('kit.back')}</Button>}
      {at < last ? (
        <Button kind="primary" busy={busy} onClick={() => void next()}>
          {returning ? t('form.backToReview') : t('kit.next')}
        </Button>
      ) : (
        <Button kind="primary" busy={busy} onClick={() => void finish()}>
          {submit}
        </Button>
      )}
      {onCancel && (
        <Button kind="quiet" onClick={onCancel}>
          {t('kit.cancel')}
        </Button>
      )}
      {at === last && note !== undefined && <span className="mut sm">{note}</span>}
    </>
  )
  return { title, rail, content, foot }
}

interface WizardFrameProps extends Omit<ReturnType<typeof useWizardParts>, 'title'> {
  readonly title: string
  readonly onCancel?: (() => void) | undefined
}

/** How the parts of a wizard lie: title above, steps at the left, content, buttons below. */
export function WizardFrame({ title, rail, content, foot, onCancel }: WizardFrameProps) {
  const { t } = useTranslation()
  return (
    <>
      <div className="head">
        <h1 className="el">{title}</h1>
        {onCancel && (
          <span className="stamp">
            <IconButton icon={IconClose} label={t('kit.close')} onClick={onCancel} />
          </span>
        )}
      </div>
      <div className="wiz">
        <nav aria-label={t('form.steps')}>{rail}</nav>
        <div className="wbody">{content}</div>
      </div>
      <div className="pfoot">{foot}</div>
    </>
  )
}

/** A wizard over the whole sheet: steps at the left, content, buttons below. Leaving with changes asks. */
export function Wizard(props: WizardProps) {
  const parts = useWizardParts({ ...props, onDone: () => done(), onCancel: () => props.onCancel() })
  const finished = useRef(false)
  const done = () => {
    finished.current = true
    props.onDone?.()
  }
  useTitle(parts.title)
  const guard = useBlocker({
    shouldBlockFn: ({ current, next }) => props.dirty === true && !finished.current && current.pathname !== next.pathname,
    enableBeforeUnload: () => props.dirty === true && !finished.current,
    withResolver: true,
  })
  return (
    <div className="main">
      <WizardFrame {...parts} content={<div className="wcol">{parts.content}</div>} onCancel={props.onCancel} />
      {guard.status === 'blocked' && <LeaveDialog onLeave={guard.proceed} onStay={guard.reset} />}
    </div>
  )
}

interface ReviewPartProps {
  readonly title: string
  /** The step where it is changed. */
  readonly step: string
  readonly children: ReactNode
}

/** A part of the review: what was chosen, and Edit, which comes back here. */
export function ReviewPart({ title, step, children }: ReviewPartProps) {
  const { t } = useTranslation()
  const { goTo } = useWizard()
  return (
    <section className="review">
      <h3>{title}</h3>
      <div className="grow">{children}</div>
      <button type="button" className="link" aria-label={t('form.editOf', { title })} onClick={() => goTo(step)}>
        {t('kit.edit')}
      </button>
    </section>
  )
}
