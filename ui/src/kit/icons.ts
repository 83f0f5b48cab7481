/** Every icon of the product, by what it means. A number is the size in pixels where it is not the usual one; On is filled. */
export type { FluentIcon as Icon } from '@fluentui/react-icons'
export { Add20Regular as IconAdd, Add12Regular as IconAdd12 } from '@fluentui/react-icons/svg/add'
export { Alert20Regular as IconIncidents, Alert20Regular as IconNotices, Alert20Filled as IconIncidentsOn } from '@fluentui/react-icons/svg/alert'
export {
  AlertOff20Regular as IconSuppress,
  AlertOff16Regular as IconSuppressed,
} from '@fluentui/react-icons/svg/alert-off'
export { ArrowClockwise20Regular as IconRefresh } from '@fluentui/react-icons/svg/arrow-clockwise'
export {
  ArrowDown12Regular as IconSortDown,
  ArrowDown20Regular as IconNext,
} from '@fluentui/react-icons/svg/arrow-down'
export { ArrowCounterclockwise20Regular as IconRestart } from '@fluentui/react-icons/svg/arrow-counterclockwise'
export { ArrowDownload20Regular as IconExport } from '@fluentui/react-icons/svg/arrow-download'
export { ArrowSync20Regular as IconCollect } from '@fluentui/react-icons/svg/arrow-sync'
export {
  ArrowSyncCircle16Regular as IconOnboarding,
  ArrowSyncCircle20Regular as IconOnboarding20,
} from '@fluentui/react-icons/svg/arrow-sync-circle'
export { ArrowUp12Regular as IconSortUp, ArrowUp20Regular as IconPrevious } from '@fluentui/react-icons/svg/arrow-up'
export { Building20Regular as IconOrganisation } from '@fluentui/react-icons/svg/building'
export {
  BuildingMultiple20Regular as IconCustomers,
  BuildingMultiple20Filled as IconCustomersOn,
} from '@fluentui/react-icons/svg/building-multiple'
export { Checkmark16Regular as IconCheck, Checkmark12Regular as IconCheck12 } from '@fluentui/react-icons/svg/checkmark'
export { CheckmarkCircle16Filled as IconCheckFilled } from '@fluentui/react-icons/svg/checkmark-circle'
export { ChevronDown16Regular as IconChevronDown } from '@fluentui/react-icons/svg/chevron-down'
export { ChevronRight16Regular as IconChevronRight } from '@fluentui/react-icons/svg/chevron-right'
export { ClipboardCheckmark20Regular as IconRequests } from '@fluentui/react-icons/svg/clipboard-checkmark'
export {
  CloudOff16Regular as IconOffline,
  CloudOff20Regular as IconOffline20,
} from '@fluentui/react-icons/svg/cloud-off'
export {
  CloudSync20Regular as IconCollection,
  CloudSync20Filled as IconCollectionOn,
} from '@fluentui/react-icons/svg/cloud-sync'
export { ColumnTripleEdit20Regular as IconColumns } from '@fluentui/react-icons/svg/column-triple-edit'
export {
  ConferenceRoom20Regular as IconRooms,
  ConferenceRoom20Filled as IconRoomsOn,
} from '@fluentui/react-icons/svg/conference-room'
export { Copy20Regular as IconCopy } from '@fluentui/react-icons/svg/copy'
export { Delete20Regular as IconDelete } from '@fluentui/react-icons/svg/delete'
export { Dismiss20Regular as IconClose, Dismiss16Regular as IconClose16, Dismiss12Regular as IconClose12 } from '@fluentui/react-icons/svg/dismiss'
export { Edit20Regular as IconEdit } from '@fluentui/react-icons/svg/edit'
export {
  ErrorCircle20Regular as IconError20,
  ErrorCircle16Filled as IconCritical,
  ErrorCircle20Filled as IconCritical20,
} from '@fluentui/react-icons/svg/error-circle'
export { Group20Regular as IconRoomGroups, Group20Filled as IconRoomGroupsOn } from '@fluentui/react-icons/svg/group'
export { Heart16Filled as IconHealthy, Heart20Filled as IconHealthy20 } from '@fluentui/react-icons/svg/heart'
export {
  HeartBroken16Filled as IconUnhealthy,
  HeartBroken20Filled as IconUnhealthy20,
} from '@fluentui/react-icons/svg/heart-broken'
export { History20Regular as IconHistory } from '@fluentui/react-icons/svg/history'
export { Home20Regular as IconHome, Home20Filled as IconHomeOn } from '@fluentui/react-icons/svg/home'
export { Info20Regular as IconInfo20 } from '@fluentui/react-icons/svg/info'
export {
  Lightbulb16Regular as IconRecommended,
  Lightbulb20Regular as IconRecommended20,
} from '@fluentui/react-icons/svg/lightbulb'
export { Link20Regular as IconCopyLink } from '@fluentui/react-icons/svg/link'
export { LockClosed16Regular as IconLocked } from '@fluentui/react-icons/svg/lock-closed'
export { Mail12Regular as IconInvitation12 } from '@fluentui/react-icons/svg/mail'
export { MoreHorizontal20Regular as IconMore } from '@fluentui/react-icons/svg/more-horizontal'
export { Navigation20Regular as IconMenu } from '@fluentui/react-icons/svg/navigation'
export { People16Regular as IconGroup } from '@fluentui/react-icons/svg/people'
export {
  PeopleTeam20Regular as IconTenantManagers,
  PeopleTeam20Filled as IconTenantManagersOn,
} from '@fluentui/react-icons/svg/people-team'
export { Person20Regular as IconAssign } from '@fluentui/react-icons/svg/person'
export { PersonKey20Regular as IconRoles, PersonKey20Filled as IconRolesOn } from '@fluentui/react-icons/svg/person-key'
export {
  PlugDisconnected16Regular as IconUnmonitored,
  PlugDisconnected20Regular as IconUnmonitored20,
} from '@fluentui/react-icons/svg/plug-disconnected'
export { Prohibited16Regular as IconNever } from '@fluentui/react-icons/svg/prohibited'
export { QuestionCircle20Regular as IconHelp } from '@fluentui/react-icons/svg/question-circle'
export { Search20Regular as IconSearch } from '@fluentui/react-icons/svg/search'
export { Send20Regular as IconSend } from '@fluentui/react-icons/svg/send'
export { ShieldCheckmark20Regular as IconShield } from '@fluentui/react-icons/svg/shield-checkmark'
export { SignOut20Regular as IconSignOut } from '@fluentui/react-icons/svg/sign-out'
export { Stethoscope20Regular as IconInstallation } from '@fluentui/react-icons/svg/stethoscope'
export { Timer16Regular as IconTarget, Timer12Regular as IconTimer12 } from '@fluentui/react-icons/svg/timer'
export {
  Warning12Regular as IconWarning12,
  Warning16Regular as IconWarning16,
  Warning20Regular as IconWarning20,
  Warning16Filled as IconImportant,
  Warning20Filled as IconImportant20,
  Warning16Regular as IconWarningSeverity,
} from '@fluentui/react-icons/svg/warning'
export { Key16Regular as IconKey } from '@fluentui/react-icons/svg/key'
