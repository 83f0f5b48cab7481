import { useTranslation } from 'react-i18next'
import { useEntryActor, useEntryDeed, useEntryObject } from '../kit/deed'
import { Code } from '../kit/details/CopyButton'
import { Compare } from '../kit/details/Compare'
import { DetailsPane } from '../kit/details/DetailsPane'
import { Fact, Facts, Section } from '../kit/details/Facts'
import { IconHistory } from '../kit/icons'
import type { DetailsProps } from '../kit/list/spec'
import { Message } from '../kit/Message'
import { EntryResult } from '../kit/result'
import { useFormat } from '../text/i18n'
import { noteOf, restOf } from './rest'
import { useEntry, type Entry, type FullEntry } from './queries'
import { useFieldWord } from './words'
import './audit.css'

/** One entry: who, what, with what result, before and after, and its trace. */
export function EntryDetails({ id, row }: DetailsProps<Entry>) {
  const deed = useEntryDeed()
  const object = useEntryObject()
  const query = useEntry(id)
  const entry = query.data ?? row
  return (
    <DetailsPane query={query} glyph={<IconHistory className="i" aria-hidden />} title={entry === undefined ? '' : deed(entry)} subtitle={entry && (object(entry) ?? entry.customerName)}>
      {query.data && <Whole entry={query.data} />}
    </DetailsPane>
  )
}

function Whole({ entry }: { entry: FullEntry }) {
  const { t } = useTranslation('audit')
  const { t: common } = useTranslation()
  const format = useFormat()
  const field = useFieldWord()
  const actor = useEntryActor()
  const deed = useEntryDeed()
  const object = useEntryObject()
  const note = noteOf(entry.detail)
  const said = (name: string, value: string): string => {
    if (name === 'changed') return format.list(value.split(', ').map(field))
    if (name === 'operation') return deed({ operation: value, result: 'successful' })
    // Why something was refused: as the person who tried has read it.
    return name === 'code' ? common(`errors.${value}` as 'errors.internal', { defaultValue: value }) : value
  }
  return (
    <>
      {entry.reduced && <Message>{t('pane.reduced')}</Message>}
      <Facts>
        <Fact label={t('column.when')}>
          {format.moment(entry.at)} <span className="mut">{format.utc(entry.at)}</span>
        </Fact>
        <Fact label={t('column.who')}>
          {actor(entry)} <span className="mut">{t(`side.${entry.side}`)}</span>
        </Fact>
        <Fact label={t('column.customer')}>{entry.customerName}</Fact>
        <Fact label={t('column.on')}>{object(entry)}</Fact>
        <Fact label={t('column.result')}>
          <EntryResult result={entry.result} />
        </Fact>
        {restOf(entry.detail).map(([name, value]) => (
          <Fact key={name} label={field(name)}>
            {said(name, value)}
          </Fact>
        ))}
      </Facts>
      {('before' in note || 'after' in note) && (
        <Section title={t('pane.changes')}>
          <Compare detail={note} names={entry.names} />
        </Section>
      )}
      <Section title={t('pane.trace')}>
        <Facts>
          <Fact label={t('pane.entry')}>
            <Code>{format.number(entry.number)}</Code>
          </Fact>
          <Fact label={t('pane.operation')}>
            <Code>{entry.operation}</Code>
          </Fact>
          <Fact label={t('pane.actor')}>{entry.actorId && <Code copy>{entry.actorId}</Code>}</Fact>
          <Fact label={t('pane.object')}>{entry.objectId && <Code copy>{entry.objectId}</Code>}</Fact>
          <Fact label={t('pane.request')}>{entry.requestId && <Code copy>{entry.requestId}</Code>}</Fact>
          <Fact label={t('pane.address')}>{entry.address && <Code>{entry.address}</Code>}</Fact>
          <Fact label={t('pane.before')}>{entry.before && <span className="mono hash">{entry.before}</span>}</Fact>
          <Fact label={t('pane.hash')}>
            <span className="mono hash">{entry.hash}</span>
          </Fact>
        </Facts>
      </Section>
    </>
  )
}

/** The time of an entry, to the second: its day stands over it. */
export function Time({ at }: { at: string }) {
  const format = useFormat()
  return (
    <time dateTime={at} title={format.utc(at)}>
      {format.clock(at)}
    </time>
  )
}
