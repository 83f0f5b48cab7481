import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { Fact, Facts } from '../kit/details/Facts'
import { When } from '../kit/When'
import type { Format } from '../text/format'
import { useFormat } from '../text/i18n'
import { AdminsFact } from './admins'
import { ConsentLink } from './consent'
import { Allowed, GrantFacts } from './parts'
import type { Partnership } from './queries'
import { situationOf } from './situation'
import { Step, type Progress } from './step'

/** "The relation ended on 23 Nov 2026, by Litware." */
export function endedWords(ended: NonNullable<Partnership['ended']>, partner: string, format: Format, t: TFunction<'portal'>): string {
  return t(`ended.${ended.reason ?? ended.endedBy}`, { date: format.date(ended.endedAt), partner })
}

/** The relation in force: since when, who accepted, which rooms, what at most, how old the data are. */
export function RelationStep({ partnership }: { partnership: Partnership }) {
  const { t } = useTranslation('portal')
  const { relation, permissions, retentionDays, organisation, ended } = partnership
  const format = useFormat()
  const partner = partnership.partner.name
  const situation = situationOf(partnership)
  if (relation === undefined && situation === 'ended' && ended) {
    return (
      <Step number={3} title={t('relation.title')} state={t('tag.ended')} progress="open">
        <p>{endedWords(ended, partner, format, t)}</p>
        <Facts wide>
          <Fact label={t('fact.since')}>{format.date(ended.beganAt)}</Fact>
          <Fact label={t('fact.ended')}>
            <When at={ended.endedAt} as="moment" />
          </Fact>
        </Facts>
      </Step>
    )
  }
  if (relation === undefined) {
    return (
      <Step number={3} title={t('relation.title')} state={situation === 'hidden' ? null : t('relation.none')} progress="open">
        <p>{situation === 'hidden' ? t('onlyAdminSees', { organisation: organisation.name }) : t('relation.explain', { partner })}</p>
      </Step>
    )
  }
  const halted = situation === 'halted'
  const unled = situation === 'unled'
  const progress: Progress = halted || unled ? 'halted' : 'done'
  const never = permissions.filter((name) => !relation.ceiling.includes(name))
  return (
    <Step number={3} title={t('relation.title')} state={halted ? t('relation.withdrawn') : t(unled ? 'tag.unled' : 'relation.active')} progress={progress}>
      {halted && <p>{t('relation.halted')}</p>}
      {halted && organisation.consent === 'given' && <ConsentLink again />}
      <Facts wide>
        <Fact label={t('fact.since')}>{format.date(relation.acceptedAt)}</Fact>
        <Fact label={t('fact.acceptedBy')}>{relation.acceptedBy}</Fact>
        <AdminsFact />
        <Fact label={t('fact.rooms')}>{t('rooms', { count: relation.rooms })}</Fact>
        <GrantFacts grant={relation.grant} />
        <Fact label={t('fact.may')}>
          <Allowed names={relation.ceiling} />
        </Fact>
        {never.length > 0 && (
          <Fact label={t('fact.never')}>
            <Allowed names={never} no />
          </Fact>
        )}
        <Fact label={t('fact.data')}>
          {relation.dataAt === undefined ? t('noData') : <When at={relation.dataAt} />}
        </Fact>
        <Fact label={t('fact.kept')}>{t('retention', { count: retentionDays })}</Fact>
      </Facts>
    </Step>
  )
}
