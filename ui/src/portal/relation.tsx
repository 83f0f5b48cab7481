import { useTranslation } from 'react-i18next'
import { Fact, Facts } from '../kit/details/Facts'
import { When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { ConsentLink } from './consent'
import { Allowed, GrantFacts } from './parts'
import type { Partnership } from './queries'
import { situationOf } from './situation'
import { Step, type Progress } from './step'

/** The relation in force: since when, who accepted, which rooms, what at most, how old the data are. */
export function RelationStep({ partnership }: { partnership: Partnership }) {
  const { t } = useTranslation('portal')
  const { relation, permissions, retentionDays, organisation } = partnership
  const format = useFormat()
  const partner = partnership.partner.name
  const situation = situationOf(partnership)
  if (relation === undefined) {
    return (
      <Step number={3} title={t('relation.title')} state={situation === 'hidden' ? null : t('relation.none')} progress="open">
        <p>{situation === 'hidden' ? t('onlyAdminSees', { organisation: organisation.name }) : t('relation.explain', { partner })}</p>
      </Step>
    )
  }
  const halted = situation === 'halted'
  const progress: Progress = halted ? 'halted' : 'done'
  const never = permissions.filter((name) => !relation.ceiling.includes(name))
  return (
    <Step number={3} title={t('relation.title')} state={halted ? t('relation.withdrawn') : t('relation.active')} progress={progress}>
      {halted && <p>{t('relation.halted')}</p>}
      {halted && organisation.consent === 'given' && <ConsentLink again />}
      <Facts wide>
        <Fact label={t('fact.since')}>{format.date(relation.acceptedAt)}</Fact>
        <Fact label={t('fact.acceptedBy')}>{relation.acceptedBy}</Fact>
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
