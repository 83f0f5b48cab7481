import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ButtonLink } from '../kit/Button'
import { Loaded } from '../kit/Failure'
import { Message } from '../kit/Message'
import { PlainPage } from '../kit/Page'
import { usePartnership, type Partnership, type Relation } from './queries'

/** What a page about a relation in force is given. */
export interface InForceProps {
  readonly partnership: Partnership
  readonly relation: Relation
}

/** Lets in who administers an organisation with a relation in force; the others read why there is nothing to change. */
export function InForce({ title, children }: { title: string; children: (props: InForceProps) => ReactNode }) {
  const { t } = useTranslation('portal')
  const query = usePartnership()
  const partnership = query.data
  if (partnership?.relation !== undefined) return children({ partnership, relation: partnership.relation })
  return (
    <PlainPage title={title}>
      <Loaded query={query} lines={8}>
        {({ administers, organisation, partner }) => (
          <>
            <Message>{administers ? t('noRelation', { partner: partner.name }) : t('onlyAdmin', { organisation: organisation.name })}</Message>
            <div>
              <ButtonLink page="/portal">{t('wizard.home')}</ButtonLink>
            </div>
          </>
        )}
      </Loaded>
    </PlainPage>
  )
}
