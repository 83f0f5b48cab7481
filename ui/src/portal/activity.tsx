import { useTranslation } from 'react-i18next'
import { PageLink } from '../kit/address'
import { useEntryActor, useEntryDeed, useEntryObject } from '../kit/deed'
import { SmallTable } from '../kit/details/SmallTable'
import { Card } from '../kit/Page'
import { EntryResult } from '../kit/result'
import { When } from '../kit/When'
import { useActivity } from './queries'

/** What the partner did last, from the record. Looking is recorded, too: it is read once, and again only when somebody comes back. */
export function ActivityCard({ partner }: { partner: string }) {
  const { t } = useTranslation('portal')
  const { t: audit } = useTranslation('audit')
  const deed = useEntryDeed()
  const actor = useEntryActor()
  const object = useEntryObject()
  const { data } = useActivity()
  if (data === undefined) return null
  return (
    <Card title={t('activity.title', { partner })} action={<PageLink page="/portal/activity">{t('activity.all')}</PageLink>}>
      <SmallTable
        caption={t('activity.title', { partner })}
        rows={data.items}
        keyOf={(one) => one.id}
        empty={t('activity.none')}
        columns={[
          { id: 'at', head: audit('column.when'), weight: 2, cell: (one) => <When at={one.at} as="moment" /> },
          { id: 'who', head: audit('column.who'), weight: 3, cell: actor },
          { id: 'did', head: audit('column.did'), weight: 3, cell: deed },
          { id: 'on', head: audit('column.on'), weight: 3, cell: object },
          { id: 'result', head: audit('column.result'), weight: 2, cell: (one) => <EntryResult result={one.result} /> },
        ]}
      />
    </Card>
  )
}
