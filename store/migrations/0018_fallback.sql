-- Where the devices of a customer cannot be read: until when that is not tried again, of when is what Teams says of its room accounts, and when Intune
-- was asked last. All of it goes when the devices can be read again.
ALTER TABLE collect_jobs ADD COLUMN api_due_at INTEGER;
ALTER TABLE collect_jobs ADD COLUMN presence_at INTEGER;
ALTER TABLE collect_jobs ADD COLUMN managed_at INTEGER;

-- What Teams says of a room's account; one row per room of which it was asked. It tells of the account, not of the device.
CREATE TABLE room_presences (
  room_id     INTEGER PRIMARY KEY REFERENCES rooms (id) ON DELETE CASCADE,
  customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  state       TEXT NOT NULL CHECK (state IN ('reachable', 'in-call', 'offline', 'unknown')),
  since       INTEGER NOT NULL
) STRICT;
CREATE INDEX room_presences_by_customer ON room_presences (customer_id);

-- Facts of Intune about the devices of rooms, found by the room's account or the serial number of a known device.
CREATE TABLE managed_devices (
  customer_id  INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  intune_id    TEXT NOT NULL,
  room_id      INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  found_by     TEXT NOT NULL CHECK (found_by IN ('account', 'serial')),
  name         TEXT NOT NULL,
  maker        TEXT NOT NULL,
  model        TEXT NOT NULL,
  serial       TEXT NOT NULL,
  os           TEXT NOT NULL,
  os_version   TEXT NOT NULL,
  compliance   TEXT NOT NULL,
  last_sync_at INTEGER,
  PRIMARY KEY (customer_id, intune_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX managed_devices_by_room ON managed_devices (room_id);
