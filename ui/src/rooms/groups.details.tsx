import { useTranslation } from 'react-i18next'
import { PageLink } from '../kit/address'
import { Button } from '../kit/Button'
import { DetailsPane } from '../kit/details/DetailsPane'
import { Fact, Facts, Section } from '../kit/details/Facts'
import { SmallTable } from '../kit/details/SmallTable'
import { Loaded } from '../kit/Failure'
import { IconDelete, IconEdit, IconLocked, IconRoomGroups } from '../kit/icons'
import type { DetailsProps } from '../kit/list/spec'
import { Message } from '../kit/Message'
import { useCan } from '../kit/rights'
import { When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { useGroupDeeds, useGroupLocks } from './groups.deeds'
import type { Group } from './groups.draft'
import { placeOf } from './groups.pick'
import { useGroup, useGroupRooms } from './groups.queries'
import { useRuleSentence } from './groups.words'

/** One group beside the list. */
export function GroupDetails({ id, row }: DetailsProps<Group>) {
  const { t } = useTranslation('rooms')
  const query = useGroup(id)
  const deeds = useGroupDeeds()
  const { lock, stays } = useGroupLocks()
  const group = query.data ?? row
  const locked = group && lock(group)
  return (
    <DetailsPane
      query={query}
      glyph={<IconRoomGroups className="i" aria-hidden />}
      title={group?.name ?? ''}
      subtitle={group && t(`groups.kinds.${group.kind}`)}
      commands={
        group && [
          { id: 'edit', label: t('groups.edit'), icon: IconEdit, primary: true, disabledReason: locked, run: () => deeds.edit(group) },
          { id: 'delete', label: t('groups.delete'), icon: IconDelete, danger: true, disabledReason: stays(group), run: () => deeds.remove(group) },
        ]
      }
      tabs={
        group && [
          { value: 'overview', label: t('overview'), content: () => <Overview group={group} locked={locked} /> },
          { value: 'rooms', label: t('groups.rooms'), count: group.rooms, content: () => <Rooms group={group} /> },
        ]
      }
    />
  )
}

function Overview({ group, locked }: { group: Group; locked: string | undefined }) {
  const { t } = useTranslation('rooms')
  const can = useCan()
  const { kind, rules, usedBy } = group
  return (
    <>
      {locked !== undefined && <Message icon={IconLocked}>{locked}</Message>}
      <Facts>
        <Fact label={t('groups.description')}>{group.description}</Fact>
        <Fact label={t('groups.rooms')}>
          <PageLink page="rooms" search={{ group: group.id }}>
            {t('groups.roomCount', { count: group.rooms })}
          </PageLink>
        </Fact>
        <Fact label={t('groups.usedLong')}>
          {usedBy === undefined ? (
            <span className="mut">{t('groups.usedHidden')}</span>
          ) : usedBy === 0 ? (
            <span className="mut">{t('groups.unused')}</span>
          ) : (
            <PageLink page="roles">{t('groups.assignments', { count: usedBy })}</PageLink>
          )}
        </Fact>
        <Fact label={t('groups.changed')}>
          <When at={group.changedAt} as="moment" /> <span className="sec">{group.changedBy}</span>
        </Fact>
      </Facts>
      <Section title={t('groups.which')}>
        {kind === 'fixed' ? <p>{t('groups.whichFixed')}</p> : rules.length === 0 ? <p className="mut">{t('groups.rulesHidden')}</p> : <Rules group={group} />}
      </Section>
      <Section title={t('groups.whoEdits')}>
        <p>{t(kind === 'fixed' ? 'groups.whoEditsFixed' : 'groups.whoEditsRules')}</p>
        {can('roles.view') && (
          <p className="rm-who">
            <PageLink page="check-access" search={{ permission: 'groups.modify' }}>
              {t('groups.whoMay')}
            </PageLink>
          </p>
        )}
      </Section>
    </>
  )
}

function Rules({ group }: { group: Group }) {
  const { t } = useTranslation('rooms')
  const sentence = useRuleSentence()
  return (
    <div className="stack">
      {group.rules.length > 1 && <p className="sec">{t('groups.anyOf')}</p>}
      <ul className={group.rules.length > 1 ? 'bullets' : undefined}>
        {group.rules.map((rule, i) => (
          <li key={i}>{sentence(rule)}</li>
        ))}
      </ul>
      <p className="mut">{t('groups.keepsItself')}</p>
    </div>
  )
}

function Rooms({ group }: { group: Group }) {
  const { t } = useTranslation('rooms')
  const format = useFormat()
  const query = useGroupRooms(group.id)
  return (
    <Loaded query={query} lines={6}>
      {({ pages }) => {
        const rooms = pages.flatMap((page) => page.items)
        return (
          <div className="stack">
            <SmallTable
              caption={t('groups.itsRooms')}
              rows={rooms}
              keyOf={(room) => room.id}
              empty={t('groups.noRooms')}
              columns={[
                {
                  id: 'name',
                  head: t('room'),
                  weight: 3,
                  cell: (room) => (
                    <PageLink page="rooms" search={{ open: room.id }}>
                      {room.name}
                    </PageLink>
                  ),
                },
                { id: 'place', head: t('building'), weight: 3, cell: (room) => placeOf(room) },
              ]}
            />
            {query.hasNextPage && (
              <div className="row">
                <Button small busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  {t('groups.showMore')}
                </Button>
                <span className="mut">{t('groups.moreRooms', { shown: format.number(rooms.length), all: format.number(group.rooms) })}</span>
              </div>
            )}
          </div>
        )
      }}
    </Loaded>
  )
}
