import { useTranslation } from 'react-i18next'
import { PageLink } from '../kit/address'
import { Fact } from '../kit/details/Facts'
import { useOwnAccess } from './queries'

/** "14 people have access.", with the way to who they are, and how many groups are not in that number. Nothing while nobody knows how many. */
export function PeopleLink() {
  const { t } = useTranslation('portal')
  const access = useOwnAccess().data
  const people = access?.people
  const unread = access?.unread ?? 0
  const groups = unread > 0 && t('lead.unread', { count: unread })
  if (people === undefined) return groups
  const nobody = people === 0 && unread === 0
  return (
    <>
      <PageLink page="/portal/members">{nobody ? t('lead.nobody') : t('lead.people', { count: people })}</PageLink> {groups}
    </>
  )
}

/** "14 people, 4 roles", as a fact of the relation. */
export function MembersFact() {
  const { t } = useTranslation('portal')
  const { data } = useOwnAccess()
  if (data === undefined) return null
  const roles = t('members.roleCount', { count: data.roles.length })
  return (
    <Fact label={t('fact.members')}>
      <PageLink page="/portal/members">
        {data.people === undefined ? t('members.count', { count: data.members.length }) : t('members.peopleCount', { count: data.people })}, {roles}
      </PageLink>
    </Fact>
  )
}
