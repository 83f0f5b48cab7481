import { useTranslation } from 'react-i18next'
import type { ReactNode } from 'react'
import { PageLink } from '../kit/address'
import { Fact, Facts } from '../kit/details/Facts'
import { When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { AdminsFact } from './admins'
import { ControlLines } from './control'
import type { InForceProps } from './inForce'
import { Allowed, Lines } from './parts'
import { MembersFact } from './people'
import { useCovered, type Covered } from './queries'
import { grantWords } from './words'

/** What was agreed, in four parts, each with the way to change it (screens.md 4.10). */
export function AgreedFacts({ partnership, relation }: InForceProps) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const never = partnership.permissions.filter((name) => !relation.ceiling.includes(name))
  return (
    <div className="pfour">
      <Part title={t('home.rooms')} to="/portal/rooms" what={t('home.changeRooms')}>
        <Granted partnership={partnership} relation={relation} />
      </Part>
      <Part title={t('home.may')} note={t('ofAll', { held: format.number(relation.ceiling.length), all: format.number(partnership.permissions.length) })} to="/portal/permissions" what={t('home.changeMay')}>
        <Allowed names={relation.ceiling} />
        {never.length > 0 && (
          <>
            <h3 className="mut sm">{t('fact.never')}</h3>
            <Allowed names={never} no />
          </>
        )}
      </Part>
      <Part title={t('control.title')} to="/portal/relation" what={t('home.changeControl')}>
        <ControlLines events={partnership.events} value={relation.changeControl} />
      </Part>
      <Part title={t('relation.title')} to="/portal/relation" what={t('home.changeRelation')}>
        <Terms partnership={partnership} relation={relation} />
      </Part>
    </div>
  )
}

interface PartProps {
  readonly title: string
  readonly note?: string
  readonly to: string
  /** What the link changes, for who hears it. */
  readonly what: string
  readonly children: ReactNode
}

function Part({ title, note, to, what, children }: PartProps) {
  const { t } = useTranslation('portal')
  return (
    <section>
      <h2>
        {title}
        {note !== undefined && <span className="mut">{note}</span>}
        <PageLink page={to} className="end" aria-label={what}>
          {t('change')}
        </PageLink>
      </h2>
      {children}
    </section>
  )
}

/** Buildings shown as bars; the rest is summed up. */
const bars = 6

/** The granted rooms by building, as Microsoft lists them now, and the rule that makes them; without Microsoft the number that the partner has. */
function Granted({ partnership, relation }: InForceProps) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const live = partnership.organisation.consent === 'given'
  const { data } = useCovered(live ? relation.grant : undefined)
  const { covers, except } = grantWords(relation.grant, format, t)
  return (
    <>
      <p className="b">{data === undefined ? t('rooms', { count: relation.rooms }) : t('wizard.rooms.count', { covered: format.number(relation.rooms), total: format.number(data.total) })}</p>
      {data && <Bars covered={data} />}
      <div className="mut sm">
        <Lines lines={[...covers, ...except.map((line) => t('leftOut', { line }))]} />
      </div>
    </>
  )
}

function Bars({ covered }: { covered: Covered }) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const shown = covered.buildings.slice(0, bars)
  const rest = covered.buildings.length - shown.length
  return (
    <ul className="pbars">
      {shown.map((one) => (
        <li key={`${one.city}/${one.building}`} className="contents">
          <span className="el">{one.building === '' ? t('wizard.rooms.unknown.building') : one.building}</span>
          <span aria-hidden>
            <meter min={0} max={one.total} value={one.covered} />
          </span>
          <span className="n">{one.covered === one.total ? format.number(one.total) : t('ofAll', { held: format.number(one.covered), all: format.number(one.total) })}</span>
        </li>
      ))}
      {rest > 0 && <li className="mut sm rest">{t('home.moreBuildings', { count: rest })}</li>}
    </ul>
  )
}

function Terms({ partnership, relation }: InForceProps) {
  const { t } = useTranslation('portal')
  const format = useFormat()
  const partner = partnership.partner.name
  const context = partnership.authContexts.find((one) => one.id === relation.strongAuth)?.name ?? relation.strongAuth
  return (
    <Facts>
      <Fact label={t('fact.acceptedBy')}>{relation.acceptedBy}</Fact>
      <Fact label={t('fact.ends')}>{relation.endsAt === undefined ? t('endDate.none') : <When at={relation.endsAt} as="date" />}</Fact>
      <Fact label={t('fact.signin')}>{context ?? t('signin.ownAt', { partner })}</Fact>
      <AdminsFact />
      <MembersFact />
      <Fact label={t('fact.data')}>{relation.dataAt === undefined ? t('noData') : <When at={relation.dataAt} />}</Fact>
      <Fact label={t('fact.kept')}>{t('retention', { count: relation.retentionDays })}</Fact>
      <Fact label={t('fact.after')}>{relation.sealDays === 0 ? t('data.sealNone') : t('data.sealed', { count: relation.sealDays })}</Fact>
      <Fact label={t('fact.contacts')}>{format.list([...relation.contacts])}</Fact>
    </Facts>
  )
}
