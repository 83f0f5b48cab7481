import type { Page } from './page'
import { page as roomward } from './en/roomward.md'
import { page as firstHalfHour } from './en/first-half-hour.md'
import { page as microsoftPermissions } from './en/microsoft-permissions.md'
import { page as microsoftAnswers } from './en/microsoft-answers.md'
import { page as roles } from './en/roles.md'
import { page as customerControl } from './en/customer-control.md'
import { page as approvals } from './en/approvals.md'
import { page as audit } from './en/audit.md'
import { page as roomsAndIncidents } from './en/rooms-and-incidents.md'
import { page as collecting } from './en/collecting.md'
import { page as dataKept } from './en/data-kept.md'
import { page as differences } from './en/differences.md'
import { page as service } from './en/service.md'
import { page as backup } from './en/backup.md'
import { page as upgrade } from './en/upgrade.md'
import { page as keys } from './en/keys.md'
import { page as mail } from './en/mail.md'
import { page as watching } from './en/watching.md'
import { page as lockedOut } from './en/locked-out.md'
import { page as movedHost } from './en/moved-host.md'
import { page as keyboard } from './en/keyboard.md'
import type { Topic } from './topics'

/** The help in English. */
export const pages: Readonly<Record<Topic, Page>> = {
  roomward,
  'first-half-hour': firstHalfHour,
  'microsoft-permissions': microsoftPermissions,
  'microsoft-answers': microsoftAnswers,
  roles,
  'customer-control': customerControl,
  approvals,
  audit,
  'rooms-and-incidents': roomsAndIncidents,
  collecting,
  'data-kept': dataKept,
  differences,
  service,
  backup,
  upgrade,
  keys,
  mail,
  watching,
  'locked-out': lockedOut,
  'moved-host': movedHost,
  keyboard,
}
