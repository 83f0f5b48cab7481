import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSetSearch } from '../kit/address'
import { ConfirmDialog } from '../kit/form/Dialog'
import { ChoiceField } from '../kit/form/fields'
import { Message } from '../kit/Message'
import { useDeviceKind } from '../kit/signal'
import { useToast } from '../kit/toast'
import { productOf } from './cells'
import { mainFirst } from './known'
import { useRestart, useRoomActions, useRoomDevices, type RoomDetail, type RoomDevice } from './queries'

/** Why no device of a room can be restarted now; undefined where one can. */
export function useRestartRefusal(room: RoomDetail | undefined): string | undefined {
  const { t } = useTranslation('rooms')
  const actions = useRoomActions(room?.id ?? '', room !== undefined)
  if (room === undefined) return undefined
  if (!room.acting.may) return t('actions.mayNot')
  if (room.devices === 0) return t('actions.noDevice')
  const open = actions.data?.pages.flatMap((page) => page.items).filter((action) => !action.ended) ?? []
  return new Set(open.map((action) => action.deviceId)).size >= room.devices ? t('actions.allBusy') : undefined
}

interface RestartProps {
  readonly room: RoomDetail
  readonly open: boolean
  readonly onClose: () => void
}

/** Asks before a restart: which device, whose, and what ends by it. */
export function RestartDialog({ room, open, onClose }: RestartProps) {
  const { t } = useTranslation('rooms')
  const devices = mainFirst(useRoomDevices(room.id).data?.items ?? [])
  const [chosen, setChosen] = useState<string>()
  const restart = useRestart()
  const toast = useToast()
  const setSearch = useSetSearch()
  const name = useDeviceName()
  const device = devices.find((d) => d.id === chosen) ?? devices[0]
  const { waits } = room.acting
  const run = async () => {
    if (device === undefined) return
    await restart(room.id, device.id) // where the customer approves it first, the dialog says so and stays
    setSearch({ tab: 'activity' })
    toast(t('actions.asked', { room: room.name }))
  }
  return (
    <ConfirmDialog
      open={open && device !== undefined}
      title={t(waits ? 'actions.requestTitle' : 'actions.title', { room: room.name })}
      action={t(waits ? 'actions.request' : 'actions.restart')}
      danger
      run={run}
      onClose={onClose}
    >
      {device !== undefined && <p>{t('actions.which', { device: name(device), room: room.name, customer: room.customerName })}</p>}
      <p className="b">{t('actions.callEnds')}</p>
      {room.acting.consent === 'missing' && <Message tone="warning">{t('actions.noConsent', { customer: room.customerName })}</Message>}
      {devices.length > 1 && device !== undefined && (
        <ChoiceField
          name="device"
          label={t('actions.device')}
          value={device.id}
          onChange={setChosen}
          onLeave={() => undefined}
          reason={undefined}
          options={devices.map((d) => ({ value: d.id, label: name(d) }))}
        />
      )}
      <p className="mut">{waits ? t('actions.waitsFor', { customer: room.customerName }) : t('actions.whenIdle')}</p>
    </ConfirmDialog>
  )
}

/** A device by maker and model, else by its kind. */
function useDeviceName(): (device: RoomDevice) => string {
  const kind = useDeviceKind()
  return (device) => productOf(device) || kind(device.kind)
}
