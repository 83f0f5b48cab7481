import type { UseQueryResult } from '@tanstack/react-query'
import { useEffect, useMemo, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useAnnounce } from '../kit/announce'
import { Empty } from '../kit/Empty'
import { Failure, Loaded } from '../kit/Failure'
import { ChoiceField } from '../kit/form/fields'
import { useWizard } from '../kit/form/Wizard'
import { IconRooms } from '../kit/icons'
import { useFormat } from '../text/i18n'
import { CheckTree } from './CheckTree'
import { groupsOf, placesOf, toggled, type Choice, type Mode, type PlaceNode } from './choice'
import type { DraftState } from './draft'
import { Lines } from './parts'
import { useOwnRooms, type Covered, type Grant, type OwnRoom } from './queries'
import { placeRows, roomRows, roomsFound, type RowWords, type TreeRow } from './rows'
import { grantWords } from './words'

type Counted = Pick<UseQueryResult<Covered>, 'data' | 'error' | 'refetch' | 'isFetching'>

interface RoomsStepProps {
  readonly state: DraftState
  readonly grant: Grant | undefined
  readonly covered: Counted
}

/** Which rooms the partner may reach, as a step of the wizard. */
export function RoomsStep({ state, grant, covered }: RoomsStepProps) {
  const { draft, change, refused } = state
  const { tried } = useWizard()
  return (
    <RoomsChoice choice={draft.choice} onChange={(choice) => change({ choice })} reason={tried ? undefined : refused('rooms')}>
      <Count grant={grant} covered={covered} />
    </RoomsChoice>
  )
}

interface RoomsChoiceProps {
  readonly choice: Choice
  readonly onChange: (choice: Choice) => void
  readonly reason: string | undefined
  /** What the choice comes to, between the ways of choosing and the places. */
  readonly children: ReactNode
}

/** The three ways of choosing rooms, and the places or rooms to choose from. */
export function RoomsChoice({ choice, onChange, reason, children }: RoomsChoiceProps) {
  const { t } = useTranslation('portal')
  const rooms = useOwnRooms()
  return (
    <>
      <ChoiceField<Mode>
        name="mode"
        label={t('wizard.rooms.mode')}
        value={choice.mode}
        onChange={(mode) => onChange({ ...choice, mode })}
        onLeave={() => undefined}
        reason={reason}
        options={[
          { value: 'all', label: t('wizard.rooms.all'), hint: t('wizard.rooms.allHint') },
          { value: 'places', label: t('wizard.rooms.places'), hint: t('wizard.rooms.placesHint') },
          { value: 'rooms', label: t('wizard.rooms.rooms'), hint: t('wizard.rooms.roomsHint') },
        ]}
      />
      {children}
      <Loaded query={rooms} lines={8}>
        {({ items, asOf }) =>
          items.length === 0 ? (
            <Empty icon={IconRooms}>{t('wizard.rooms.noRooms')}</Empty>
          ) : (
            <Pick key={choice.mode} rooms={items} asOf={asOf} choice={choice} onChange={onChange} />
          )
        }
      </Loaded>
    </>
  )
}

/** "118 of 131 rooms", and the choice in words. */
export function Count({ grant, covered }: Omit<RoomsStepProps, 'state'>) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const { data, error, refetch } = covered
  const words = grant && grantWords(grant, format, t)
  const number = (): string => {
    if (grant === undefined) return t('wizard.rooms.none')
    if (data === undefined) return t('wizard.rooms.counting')
    return t('wizard.rooms.count', { covered: format.number(data.covered), total: format.number(data.total) })
  }
  if (error !== null && data === undefined) return <Failure error={error} retry={refetch} />
  return (
    <div className="pcount">
      <b role="status">{number()}</b>
      {words && (
        <Lines
          lines={[
            ...words.covers,
            ...words.except.map((line) => (
              <span key={line} className="mut">
                {t('leftOut', { line })}
              </span>
            )),
          ]}
        />
      )}
      {(grant?.except?.length ?? 0) > 0 && <p className="mut sm">{t('wizard.rooms.unknownLost')}</p>}
    </div>
  )
}

interface PickProps {
  readonly rooms: readonly OwnRoom[]
  readonly asOf: string
  readonly choice: Choice
  readonly onChange: (choice: Choice) => void
}

/** Countries of a small organisation are opened at once, and buildings of a small list. */
const fewCountries = 4
const fewRooms = 60

/** The tree of places, or of rooms by building, with a search. */
function Pick({ rooms, asOf, choice, onChange }: PickProps) {
  const { t } = useTranslation('portal')
  const { t: said } = useTranslation()
  const format = useFormat()
  const announce = useAnnounce()
  const words = useRowWords()
  const single = choice.mode === 'rooms'
  const places = useMemo(() => placesOf(rooms), [rooms])
  const groups = useMemo(() => groupsOf(rooms), [rooms])
  const [find, setFind] = useState('')
  const [opened, setOpened] = useState<ReadonlySet<string>>(() => {
    if (single) return new Set(rooms.length <= fewRooms ? groups.map((group) => group.id) : [])
    return new Set(places.length <= fewCountries ? places.map((place) => place.id) : [])
  })
  const held = choice.mode === 'all' ? choice.whole : choice.part
  const rows: readonly TreeRow[] = single
    ? roomRows(groups, { chosen: choice.rooms, opened, find }, format, words)
    : placeRows(places, { places: held, opened, find }, format, words)

  const found = rows.length
  useEffect(() => {
    if (find.trim() !== '') announce(found === 0 ? t('wizard.rooms.nothing') : said('list.found', { count: found, shown: format.number(found) }))
  }, [find, found, announce, t, said, format])

  const tick = (id: string) => {
    if (single) {
      const group = groups.find((one) => one.id === id)
      const ids = group ? roomsFound(group, find, format).map((room) => room.placeId) : [id]
      onChange({ ...choice, rooms: flipped(choice.rooms, ids) })
      return
    }
    const rule = nodeOf(places, id)?.rule
    if (rule === undefined) return
    const next = toggled(rule, held, places)
    onChange(choice.mode === 'all' ? { ...choice, whole: next } : { ...choice, part: next })
  }
  return (
    <div className="stack">
      <input
        className="field pfind"
        type="search"
        value={find}
        aria-label={single ? t('wizard.rooms.findRooms') : t('wizard.rooms.findPlaces')}
        placeholder={single ? t('wizard.rooms.findRooms') : t('wizard.rooms.findPlaces')}
        onChange={(event) => setFind(event.target.value)}
      />
      {rows.length === 0 ? (
        <Empty>{t('wizard.rooms.nothing')}</Empty>
      ) : (
        <CheckTree
          label={single ? t('wizard.rooms.treeRooms') : t('wizard.rooms.treePlaces')}
          rows={rows}
          onTick={tick}
          onOpen={(id, open) => setOpened((before) => withId(before, id, open))}
        />
      )}
      <p className="mut sm">{t('wizard.rooms.live', { time: format.time(asOf) })}</p>
    </div>
  )
}

function useRowWords(): RowWords {
  const { t } = useTranslation('portal')
  return {
    unknown: (level) => t(`wizard.rooms.unknown.${level === 1 ? 'country' : level === 2 ? 'city' : 'building'}`),
    noRule: t('wizard.rooms.noRule'),
    leftOutWith: t('wizard.rooms.leftOutWith'),
    rooms: (count) => t('rooms', { count }),
    seats: (count) => t('seats', { count }),
  }
}

function nodeOf(nodes: readonly PlaceNode[], id: string): PlaceNode | undefined {
  for (const node of nodes) {
    if (node.id === id) return node
    const below = id.startsWith(`${node.id}/`) ? nodeOf(node.children, id) : undefined
    if (below) return below
  }
  return undefined
}

/** All of them in, unless they all are: then out. */
function flipped(chosen: ReadonlySet<string>, ids: readonly string[]): ReadonlySet<string> {
  const next = new Set(chosen)
  const out = ids.every((id) => next.has(id))
  for (const id of ids) {
    if (out) next.delete(id)
    else next.add(id)
  }
  return next
}

function withId(ids: ReadonlySet<string>, id: string, on: boolean): ReadonlySet<string> {
  const next = new Set(ids)
  if (on) next.add(id)
  else next.delete(id)
  return next
}
