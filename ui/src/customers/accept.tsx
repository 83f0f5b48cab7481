import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { findPeople } from '../api/directory'
import { refreshMe } from '../api/me'
import { useSetSearch } from '../kit/address'
import { Button } from '../kit/Button'
import { Code } from '../kit/details/CopyButton'
import { PeoplePicker, type Person } from '../kit/form/PeoplePicker'
import { ReviewPart } from '../kit/form/Wizard'
import { WizardDialog } from '../kit/form/WizardDialog'
import { IconAssign } from '../kit/icons'
import { usePlace } from '../kit/scope'
import { useFormat } from '../text/i18n'
import { LookAlike, useAgreedWords, useCeilingCount } from './agreed'
import { useChanged } from './changed'
import { wordsOf } from './grant'
import { accept, type Detail } from './queries'

/** Accepts an invitation knowingly: who becomes primary admin, then everything once more (product.md 1.3). */
export function AcceptDialog({ invitation, onClose }: { invitation: Detail; onClose: () => void }) {
  const { t } = useTranslation('customers')
  const format = useFormat()
  const client = useQueryClient()
  const changed = useChanged()
  const setSearch = useSetSearch()
  const [admins, setAdmins] = useState<readonly Person[]>([])
  const { name } = invitation
  const names = format.list(admins.map((person) => person.name))

  const send = async () => {
    try {
      const customer = await accept(invitation, admins)
      changed.done(t('accept.done', { name }))
      onClose()
      // The row of the invitation is gone; the customer's own pane goes on with the first collection.
      setSearch({ open: customer, tab: undefined, state: undefined })
      void refreshMe(client) // who added themselves has a role now
    } catch (error) {
      changed.refused() // somebody else answered, or it expired
      throw error
    }
  }
  return (
    <WizardDialog
      open
      title={t('accept.title', { name })}
      dirty={admins.length > 0}
      submit={t('accept.submit')}
      note={t('accept.starts')}
      send={send}
      onCancel={onClose}
      steps={[
        {
          id: 'admins',
          label: t('accept.stepAdmins'),
          summary: admins.length > 0 ? names : undefined,
          problems: admins.length === 0 ? [t('accept.none')] : [],
          content: () => <ChooseAdmins name={name} admins={admins} setAdmins={setAdmins} looksLike={invitation.looksLike} />,
        },
        {
          id: 'review',
          label: t('accept.stepReview'),
          content: () => <Review invitation={invitation} admins={admins} />,
        },
      ]}
    />
  )
}

interface ChooseProps {
  readonly name: string
  readonly admins: readonly Person[]
  readonly setAdmins: (admins: readonly Person[]) => void
  readonly looksLike: string | undefined
}

function ChooseAdmins({ name, admins, setAdmins, looksLike }: ChooseProps) {
  const { t } = useTranslation('customers')
  const { me } = usePlace()
  const mine = me.person.id.toLowerCase()
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // The dialog gives the focus to its first button as it opens; here one types a name.
    const soon = requestAnimationFrame(() => place.current?.querySelector('input')?.focus())
    return () => cancelAnimationFrame(soon)
  }, [])
  return (
    <>
      {looksLike !== undefined && <LookAlike name={looksLike} />}
      <div ref={place}>
        <PeoplePicker
          name="primaryAdmins"
          label={t('accept.who')}
          hint={t('accept.hint', { name })}
          required
          value={admins}
          onChange={setAdmins}
          onLeave={() => undefined}
          reason={undefined}
          search={findPeople}
          max={50}
        />
      </div>
      {!admins.some((person) => person.id === mine) && (
        <div>
          <Button
            icon={IconAssign}
            onClick={() => setAdmins([...admins, { id: mine, kind: 'user', name: me.person.name, detail: me.person.userPrincipalName }])}
          >
            {t('accept.me')}
          </Button>
        </div>
      )}
    </>
  )
}

/** Everything that was agreed, once more; only the admins can still be changed. */
function Review({ invitation, admins }: { invitation: Detail; admins: readonly Person[] }) {
  const { t } = useTranslation('customers')
  const format = useFormat()
  const count = useCeilingCount()
  const agreed = useAgreedWords()(invitation)
  const grant = invitation.grant && wordsOf(invitation.grant, format, t)
  return (
    <>
      {invitation.looksLike !== undefined && <LookAlike name={invitation.looksLike} />}
      <ReviewPart title={t('accept.admins')} step="admins">
        <span className="lines">
          {admins.map((person) => (
            <span key={person.id}>
              {person.name} <span className="mut">{person.detail ?? t(person.kind)}</span>
            </span>
          ))}
        </span>
      </ReviewPart>
      <Part title={t('accept.organisation')}>
        <span className="lines">
          <span>
            {invitation.name} <span className="mut">{invitation.domains.join(', ')}</span>
          </span>
          <Code>{invitation.tenantId}</Code>
        </span>
      </Part>
      <Part title={t('accept.rooms')}>
        <span className="lines">
          {invitation.roomsOffered !== undefined && <span>{t('roomsToday', { count: invitation.roomsOffered })}</span>}
          {grant?.covers.map((line) => (
            <span key={line}>{line}</span>
          ))}
          {grant?.except.map((line) => (
            <span key={line} className="mut">
              {t('fact.except')}: {line}
            </span>
          ))}
        </span>
      </Part>
      <Part title={t('accept.ceiling')}>{count(invitation)}</Part>
      <Part title={t('accept.control')}>{agreed.control}</Part>
      <Part title={t('accept.signin')}>
        <span className="lines">
          <span>{agreed.signin}</span>
          <span>{invitation.endsAt ? t('accept.ends', { date: format.date(invitation.endsAt) }) : t('noEnd')}</span>
        </span>
      </Part>
      <Part title={t('accept.data')}>
        <span className="lines">
          <span>{t('retention', { count: invitation.retentionDays })}</span>
          <span>{agreed.after}</span>
        </span>
      </Part>
    </>
  )
}

/** A part of the review that the customer decided: nothing to edit here. */
function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="review">
      <h3>{title}</h3>
      <div className="grow">{children}</div>
    </section>
  )
}
