import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useId, useRef, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { refresh } from '../api/query'
import { Button } from '../kit/Button'
import { AreaField, DateField, NumberField } from '../kit/form/fields'
import { FormBody } from '../kit/form/Form'
import type { FormSpec } from '../kit/form/spec'
import { useForm, type FormState } from '../kit/form/useForm'
import { Card, PlainPage } from '../kit/Page'
import { usePlace } from '../kit/scope'
import { useToast } from '../kit/toast'
import { useNow } from '../kit/When'
import { addressesIn, bounds, controlOf, dayOf, endOfDay, within } from './agreed'
import { ControlFields } from './control'
import { contactsFault } from './draft'
import { InForce, type InForceProps } from './inForce'
import { SigninField } from './invite.control'
import { changeContacts, changeControl, changeEnd, changeRetention, changeStrongAuth, feature, useChangeControl } from './queries'
import './portal.css'

const day = 86_400_000

/** What was agreed beside rooms and permissions: each part is saved by itself and holds at once. */
export function Page() {
  const { t } = useTranslation('portal')
  return (
    <InForce title={t('settings.title')}>
      {(props) => (
        <PlainPage title={t('settings.title')}>
          <p className="sec">{t('settings.lead', { partner: props.partnership.partner.name })}</p>
          <Control {...props} />
          <Signin {...props} />
          <End {...props} />
          <Data {...props} />
          <Contacts {...props} />
        </PlainPage>
      )}
    </InForce>
  )
}

interface PartSpec<V> {
  readonly initial: V
  /** Of what was agreed, as it was read. */
  readonly version: number
  readonly check?: FormSpec<V>['check']
  readonly send: (version: number, values: V) => Promise<unknown>
}

/**
 * The form of one part. It follows what others change as long as nothing was entered; what was entered is sent against what it was entered
 * on, so that nobody overwrites a change of this part unseen. Changes of the other parts do not matter.
 */
function usePart<V extends object>({ initial, version, check, send }: PartSpec<V>): FormState<V> {
  const { t } = useTranslation('portal')
  const client = useQueryClient()
  const toast = useToast()
  const { session } = usePlace()
  const text = JSON.stringify(initial)
  const seen = useRef({ text, version })
  const again = () => void refresh(client, session, feature)
  const form = useForm<V>({
    initial,
    ...(check && { check }),
    send: (values) => send(seen.current.version, values).finally(again),
    done: () => toast(t('settings.saved')),
  })
  const { dirty, reset } = form
  useEffect(() => {
    if (text === seen.current.text) seen.current.version = version
    else if (!dirty) {
      seen.current = { text, version }
      reset(JSON.parse(text) as V)
    }
    // `reset` is another function at each render.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [text, version, dirty])
  return form
}

interface PartProps<V> {
  readonly title: string
  readonly form: FormState<V>
  readonly children: ReactNode
}

function Part<V>({ title, form, children }: PartProps<V>) {
  const { t } = useTranslation('portal')
  const id = useId()
  return (
    <Card title={title}>
      <FormBody id={id} form={form}>
        {children}
        <div className="row">
          <Button type="submit" kind="primary" busy={form.busy} disabledReason={form.dirty ? undefined : t('unchanged')} aria-label={t('settings.save', { what: title })}>
            {t('save')}
          </Button>
          {form.dirty && (
            <Button kind="quiet" onClick={() => form.reset()}>
              {t('discard')}
            </Button>
          )}
        </div>
      </FormBody>
    </Card>
  )
}

function Control({ partnership, relation }: InForceProps) {
  const { t } = useTranslation('portal')
  const waiting = useChangeControl()
  const { events } = partnership
  const form = usePart({
    initial: { events: controlOf(events, relation.changeControl) },
    version: relation.version,
    send: (version, { events: control }) => changeControl(version, control),
  })
  return (
    <Part title={t('control.title')} form={form}>
      <p className="sec">{t('control.lead', { partner: partnership.partner.name })}</p>
      <ControlFields events={events} value={form.values.events} onChange={(control) => form.set('events', controlOf(events, control))} waiting={waiting.data?.waiting} />
    </Part>
  )
}

function Signin({ partnership, relation }: InForceProps) {
  const { t } = useTranslation('portal')
  const form = usePart({
    initial: { strongAuth: relation.strongAuth ?? '' },
    version: relation.version,
    send: (version, { strongAuth }) => changeStrongAuth(version, strongAuth),
  })
  return (
    <Part title={t('fact.signin')} form={form}>
      <SigninField {...form.field('strongAuth')} contexts={partnership.authContexts} partner={partnership.partner.name} />
    </Part>
  )
}

function End({ relation }: InForceProps) {
  const { t } = useTranslation('portal')
  const now = useNow()
  const form = usePart({
    initial: { endsAt: dayOf(relation.endsAt) },
    check: ({ endsAt }) => {
      const end = endOfDay(endsAt)
      return end !== undefined && Date.parse(end) <= now ? { endsAt: t('endDate.ahead') } : {}
    },
    version: relation.version,
    send: (version, { endsAt }) => changeEnd(version, endOfDay(endsAt)),
  })
  return (
    <Part title={t('endDate.title')} form={form}>
      <DateField {...form.field('endsAt')} label={t('endDate.label')} hint={t('endDate.hint')} min={dayOf(now + day)} />
    </Part>
  )
}

function Data({ partnership, relation }: InForceProps) {
  const { t } = useTranslation('portal')
  const form = usePart<{ retentionDays: number | undefined; sealDays: number | undefined }>({
    initial: { retentionDays: relation.retentionDays, sealDays: relation.sealDays },
    check: ({ retentionDays, sealDays }) => ({
      ...(!within(retentionDays, bounds.retention) && { retentionDays: t('data.retentionNeeded') }),
      ...(!within(sealDays, bounds.seal) && { sealDays: t('data.sealNeeded') }),
    }),
    version: relation.version,
    send: (version, { retentionDays, sealDays }) => changeRetention(version, retentionDays ?? 0, sealDays ?? 0),
  })
  const shorter = within(form.values.retentionDays, bounds.retention) && form.values.retentionDays < relation.retentionDays
  return (
    <Part title={t('data.title')} form={form}>
      <NumberField
        {...form.field('retentionDays')}
        label={t('data.retention')}
        hint={shorter ? t('data.shorter') : t('data.retentionHint', { partner: partnership.partner.name })}
        suffix={t('data.days')}
        min={30}
        max={1095}
        required
      />
      <NumberField {...form.field('sealDays')} label={t('data.seal')} hint={t('data.sealHint')} suffix={t('data.days')} min={0} max={365} required />
    </Part>
  )
}

function Contacts({ relation }: InForceProps) {
  const { t } = useTranslation('portal')
  const form = usePart({
    initial: { contacts: relation.contacts.join('\n') },
    check: ({ contacts }) => {
      const fault = contactsFault(contacts)
      return fault === undefined ? {} : { contacts: t(`contacts.${fault}`) }
    },
    version: relation.version,
    send: (version, { contacts }) => changeContacts(version, addressesIn(contacts)),
  })
  return (
    <Part title={t('contacts.title')} form={form}>
      <AreaField {...form.field('contacts')} label={t('contacts.label')} hint={t('contacts.hint')} required rows={3} maxLength={1_400} />
    </Part>
  )
}
