import { createContext, use, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Group } from './groups.draft'

/** What the pane may ask of the page, whose dialogs outlive it. */
export interface GroupDeeds {
  readonly edit: (group: Group) => void
  readonly remove: (group: Group) => void
}
export const DeedsContext = createContext<GroupDeeds>({ edit: () => undefined, remove: () => undefined })

/** The deeds of the page around. */
export function useGroupDeeds(): GroupDeeds {
  return use(DeedsContext)
}

/** Why the person may not change a group, and why it cannot be deleted; undefined where they may. */
export function useGroupLocks() {
  const { t } = useTranslation('rooms')
  return useMemo(() => {
    const lock = ({ editable, kind }: Group) => (editable ? undefined : t(kind === 'rules' ? 'groups.lockedRules' : 'groups.locked'))
    // Assignments that the person does not see the server knows alone: its answer says so.
    const stays = (group: Group) => lock(group) ?? (group.usedBy === undefined || group.usedBy === 0 ? undefined : t('groups.deleteUsed', { count: group.usedBy }))
    return { lock, stays }
  }, [t])
}
