-- Since when the consent is withdrawn: some time later the relation ends by it (see PurgeAfter). NULL while it stands. Of relations that were
-- withdrawn before there was such an end the time begins now, for nobody was told of it.
ALTER TABLE customers ADD COLUMN withdrawn_at INTEGER;
UPDATE customers SET withdrawn_at = CAST(unixepoch('subsec') * 1000 AS INTEGER) WHERE state = 'withdrawn';

-- Which reminders of an end were given: an end that is moved begins anew.
CREATE TABLE end_reminders (
  customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  reason      TEXT NOT NULL CHECK (reason IN ('date', 'consent')),
  ends_at     INTEGER NOT NULL,
  days        INTEGER NOT NULL,
  PRIMARY KEY (customer_id, reason, ends_at, days)
) STRICT, WITHOUT ROWID;

-- Why Roomward itself ended a relation; '' when people did.
ALTER TABLE ended_relations ADD COLUMN reason TEXT NOT NULL DEFAULT '' CHECK (reason IN ('', 'date', 'consent'));

-- The audit record of a relation that has ended, for its customer only: encrypted with a key that is not in the database. id is that of the
-- ended relation, key_id tells which key.
CREATE TABLE sealed_records (
  id        INTEGER PRIMARY KEY REFERENCES ended_relations (id),
  tenant_id TEXT NOT NULL,
  ended_at  INTEGER NOT NULL,
  until_at  INTEGER NOT NULL,
  entries   INTEGER NOT NULL,
  key_id    TEXT NOT NULL,
  record    BLOB NOT NULL
) STRICT;
CREATE INDEX sealed_records_by_tenant ON sealed_records (tenant_id, ended_at DESC);
CREATE INDEX sealed_records_over ON sealed_records (until_at);

-- What of the file beside the database is also in it: ends and cuts that must hold for whoever puts an older database back.
CREATE TABLE departures (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT;

-- When a person of the partner last used Roomward, to the hour, and the groups it was in then. For whom it worked is not in it.
CREATE TABLE people_seen (
  oid         TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  groups_json TEXT NOT NULL,
  seen_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX people_seen_by_time ON people_seen (seen_at);
