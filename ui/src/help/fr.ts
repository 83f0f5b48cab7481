import type { Page } from './page'
import { page as roomward } from './fr/roomward.md'
import { page as firstHalfHour } from './fr/first-half-hour.md'
import { page as microsoftPermissions } from './fr/microsoft-permissions.md'
import { page as microsoftAnswers } from './fr/microsoft-answers.md'
import { page as roles } from './fr/roles.md'
import { page as customerControl } from './fr/customer-control.md'
import { page as approvals } from './fr/approvals.md'
import { page as audit } from './fr/audit.md'
import { page as roomsAndIncidents } from './fr/rooms-and-incidents.md'
import { page as collecting } from './fr/collecting.md'
import { page as dataKept } from './fr/data-kept.md'
import { page as differences } from './fr/differences.md'
import { page as service } from './fr/service.md'
import { page as backup } from './fr/backup.md'
import { page as upgrade } from './fr/upgrade.md'
import { page as keys } from './fr/keys.md'
import { page as mail } from './fr/mail.md'
import { page as watching } from './fr/watching.md'
import { page as lockedOut } from './fr/locked-out.md'
import { page as movedHost } from './fr/moved-host.md'
import { page as keyboard } from './fr/keyboard.md'
import type { Topic } from './topics'

/** The help in French. */
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
