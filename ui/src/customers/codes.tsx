import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useGo } from '../kit/address'
import { Button } from '../kit/Button'
import { useCopy } from '../kit/details/CopyButton'
import { ConfirmDialog, FormDialog, PlainDialog } from '../kit/form/Dialog'
import { NumberField, TextField } from '../kit/form/fields'
import { useForm } from '../kit/form/useForm'
import { IconAdd, IconCopy, IconCustomers, IconDelete, IconKey } from '../kit/icons'
import { ListPage } from '../kit/list/ListPage'
import type { ListSpec } from '../kit/list/spec'
import { Message } from '../kit/Message'
import { Tag } from '../kit/status'
import { useNow, When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { useChanged } from './changed'
import { codePages, makeCode, revokeCode, type Code, type CodePage, type NewCode } from './queries'
import './customers.css'

/** The codes by which customers may invite: made here, shown once, revoked while unused (design.md 7). */
export function Codes() {
  const { t } = useTranslation('customers')
  const go = useGo()
  const [making, setMaking] = useState(false)
  const [made, setMade] = useState<NewCode>()
  const [revoking, setRevoking] = useState<Code>()
  const changed = useChanged()

  const spec = useMemo((): ListSpec<Code, CodePage> => {
    return {
      word: 'codes',
      title: t('codes.title'),
      count: (first) => first && t('codes.count', { count: first.items.filter((code) => code.state === 'open').length }),
      sort: '',
      search: false,
      roomy: true,
      selectable: true,
      columns: [
        { id: 'for', head: t('codes.for'), flex: 180, cell: (code) => <span className="el">{code.note}</span> },
        { id: 'state', head: t('codes.state'), width: 190, cell: (code) => <CodeState code={code} /> },
        { id: 'by', head: t('codes.by'), width: 160, hide: 1, cell: (code) => <span className="el sec">{code.createdBy}</span> },
        { id: 'made', head: t('codes.made'), width: 110, hide: 3, cell: (code) => <When at={code.createdAt} as="short" /> },
        { id: 'expires', head: t('codes.expires'), width: 110, hide: 4, cell: (code) => <When at={code.expiresAt} as="short" /> },
        { id: 'used', head: t('codes.used'), width: 110, hide: 2, cell: (code) => <When at={code.usedAt} as="short" /> },
      ],
      page: codePages,
      row: (code) => ({ id: code.id, label: code.note }),
      quiet: (code) => code.state !== 'open',
      commands: [
        { id: 'new', label: t('codes.new'), icon: IconAdd, run: () => setMaking(true) },
        {
          id: 'revoke',
          label: t('codes.revoke'),
          icon: IconDelete,
          needs: 'one',
          inRow: true,
          disabledReason: ([code]) => (code?.state === 'used' ? t('codes.usedReason') : undefined),
          run: ([code]) => setRevoking(code),
        },
        { id: 'customers', label: t('command.customers'), icon: IconCustomers, group: true, run: () => go('/customers') },
      ],
      notice: <Message>{t('codes.note')}</Message>,
      empty: { icon: IconKey, text: t('codes.empty') },
    }
  }, [t, go])

  return (
    <>
      <ListPage spec={spec} />
      {making && (
        <NewCodeDialog
          onClose={() => setMaking(false)}
          onMade={(code) => {
            setMaking(false)
            setMade(code)
            changed.done()
          }}
        />
      )}
      {made && <MadeDialog code={made} onClose={() => setMade(undefined)} />}
      <ConfirmDialog
        open={revoking !== undefined}
        title={t('codes.revokeTitle', { note: revoking?.note ?? '' })}
        action={t('codes.revoke')}
        danger
        run={async () => {
          if (!revoking) return
          await revokeCode(revoking.id)
          changed.done(t('codes.revoked', { note: revoking.note }))
        }}
        onClose={() => setRevoking(undefined)}
      >
        <p>{t('codes.revokeText')}</p>
      </ConfirmDialog>
    </>
  )
}

function CodeState({ code }: { code: Code }) {
  const { t } = useTranslation('customers')
  const format = useFormat()
  const now = useNow()
  if (code.state === 'used') return <span className="mut">{t('codes.isUsed')}</span>
  const left = new Date(code.expiresAt).getTime() - now
  if (code.state === 'expired' || left <= 0) return <span className="mut">{t('codes.isExpired')}</span>
  return <Tag tone="brand">{t('codes.isOpen', { left: format.age(left) })}</Tag>
}

interface Values {
  readonly note: string
  readonly expiresInDays: number | undefined
}

function NewCodeDialog({ onClose, onMade }: { onClose: () => void; onMade: (code: NewCode) => void }) {
  const { t } = useTranslation('customers')
  const form = useForm<Values>({
    initial: { note: '', expiresInDays: 14 },
    check: ({ note, expiresInDays: days }) => ({
      ...(note.trim() === '' && { note: t('codes.forNeeded') }),
      ...((days === undefined || days < 1 || days > 30 || !Number.isInteger(days)) && { expiresInDays: t('codes.daysNeeded') }),
    }),
    send: async (values) => onMade(await makeCode(values.note.trim(), values.expiresInDays ?? 14)),
  })
  return (
    <FormDialog open title={t('codes.new')} form={form} submit={t('codes.make')} onClose={onClose}>
      <TextField {...form.field('note')} label={t('codes.for')} hint={t('codes.forHint')} required maxLength={100} autoFocus />
      <NumberField {...form.field('expiresInDays')} label={t('codes.days')} suffix={t('codes.daysUnit')} min={1} max={30} required />
    </FormDialog>
  )
}

/** The one time that the code is seen. */
function MadeDialog({ code, onClose }: { code: NewCode; onClose: () => void }) {
  const { t } = useTranslation('customers')
  const format = useFormat()
  const copy = useCopy()
  return (
    <PlainDialog
      open
      title={t('codes.shown', { note: code.note })}
      onClose={onClose}
      actions={
        <Button kind="primary" onClick={onClose}>
          {t('codes.gotIt')}
        </Button>
      }
    >
      <div className="stack">
        <Message tone="warning">{t('codes.once')}</Message>
        <div className="onecode">
          <span className="mono grow">{code.text}</span>
          <Button icon={IconCopy} onClick={() => void copy(code.text, t('codes.copied'))}>
            {t('codes.copy')}
          </Button>
        </div>
        <p className="mut">{t('codes.until', { date: format.date(code.expiresAt) })}</p>
      </div>
    </PlainDialog>
  )
}
