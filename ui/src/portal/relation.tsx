import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { Fact, Facts } from '../kit/details/Facts'
import { When } from '../kit/When'
import type { Format } from '../text/format'
import { useFormat } from '../text/i18n'
import { ConsentLink } from './consent'
import type { Partnership } from './queries'
import { situationOf } from './situation'
import { Step } from './step'

/** "The relation ended on 23 Nov 2026, by Litware." */
export function endedWords(ended: NonNullable<Partnership['ended']>, partner: string, format: Format, t: TFunction<'portal'>): string {
  return t(`ended.${ended.reason ?? ended.endedBy}`, { date: format.date(ended.endedAt), partner })
}

/** Whether there is a relation, and what stands in its way; what was agreed stands below. */
export function RelationStep({ partnership }: { partnership: Partnership }) {
  const { t } = useTranslation('portal')
  const { relation, organisation, ended } = partnership
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
  return (
    <Step number={3} title={t('relation.title')} state={halted ? t('relation.withdrawn') : t('relation.active')} progress={halted ? 'halted' : 'done'}>
      {halted && <p>{t('relation.halted')}</p>}
      {halted && organisation.consent === 'given' && <ConsentLink again />}
    </Step>
  )
}
