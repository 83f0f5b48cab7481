-- What is done to a device of a room: a durable job (graph.md 2). The names of who asked and of the device stay as they were. sent is written before
-- Microsoft is asked, so that after a crash nobody sends again what may have been taken.
CREATE TABLE room_actions (
  id              INTEGER PRIMARY KEY,
  customer_id     INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  room_id         INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  device_id       INTEGER REFERENCES devices (id) ON DELETE SET NULL,
  device_graph_id TEXT NOT NULL,
  device_name     TEXT NOT NULL,
  kind            TEXT NOT NULL,
  state           TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'running', 'succeeded', 'failed', 'cancelled', 'unconfirmed')),
  asked_at        INTEGER NOT NULL,
  asked_by_oid    TEXT NOT NULL,
  asked_by_name   TEXT NOT NULL,
  contexts_json   TEXT NOT NULL,
  due_at          INTEGER NOT NULL,
  leased_until    INTEGER NOT NULL DEFAULT 0,
  attempts        INTEGER NOT NULL DEFAULT 0, -- requests that Microsoft may have taken
  first_sent_at   INTEGER,
  sent_at         INTEGER,
  operation_id    TEXT NOT NULL DEFAULT '',
  ended_at        INTEGER,
  failure         TEXT NOT NULL DEFAULT '', -- of the last try, or of the end
  said            TEXT NOT NULL DEFAULT ''  -- Microsoft's words on a failure
) STRICT;
CREATE INDEX room_actions_by_room ON room_actions (room_id, asked_at DESC, id DESC);
CREATE INDEX room_actions_by_customer ON room_actions (customer_id);
CREATE INDEX room_actions_by_device ON room_actions (device_id);
CREATE INDEX room_actions_due ON room_actions (due_at) WHERE state IN ('queued', 'sent', 'running');
CREATE INDEX room_actions_ended ON room_actions (ended_at) WHERE ended_at IS NOT NULL;
CREATE UNIQUE INDEX room_actions_open ON room_actions (customer_id, device_graph_id) WHERE state IN ('queued', 'sent', 'running');
