-- What the partner wants to do and the customer approves first (design 7). input_json is what the route's function takes, so that the same work is
-- done later; detail_json is what the change would have recorded: before and after.
CREATE TABLE change_requests (
  id              INTEGER PRIMARY KEY,
  customer_id     INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  event           TEXT NOT NULL,
  route           TEXT NOT NULL,
  input_json      TEXT NOT NULL,
  operation       TEXT NOT NULL,
  object          TEXT NOT NULL,
  object_id       TEXT NOT NULL,
  detail_json     TEXT NOT NULL,
  reason          TEXT NOT NULL DEFAULT '',
  asked_at        INTEGER NOT NULL,
  asked_by_oid    TEXT NOT NULL,
  asked_by_name   TEXT NOT NULL,
  contexts_json   TEXT NOT NULL,
  expires_at      INTEGER NOT NULL,
  state           TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'done', 'failed', 'rejected', 'withdrawn', 'expired')),
  decided_at      INTEGER,
  decided_by_name TEXT NOT NULL DEFAULT '',
  decided_reason  TEXT NOT NULL DEFAULT '',
  tries           INTEGER NOT NULL DEFAULT 0,
  ended_at        INTEGER,
  failure         TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX change_requests_by_customer ON change_requests (customer_id, asked_at DESC, id DESC);
CREATE INDEX change_requests_waiting ON change_requests (state, expires_at) WHERE state IN ('waiting', 'approved');

-- What somebody is to be told, in Roomward and by mail. side says who: people of the partner or of the customer. One that is about a relation goes
-- with it; oid names the one person whom it concerns beside those who see the customer.
CREATE TABLE notices (
  id          INTEGER PRIMARY KEY,
  at          INTEGER NOT NULL,
  side        TEXT NOT NULL CHECK (side IN ('partner', 'customer')),
  tenant_id   TEXT NOT NULL,
  customer_id INTEGER REFERENCES customers (id) ON DELETE CASCADE,
  kind        TEXT NOT NULL,
  oid         TEXT NOT NULL DEFAULT '',
  detail_json TEXT NOT NULL
) STRICT;
CREATE INDEX notices_by_tenant ON notices (side, tenant_id, id DESC);
CREATE INDEX notices_by_customer ON notices (customer_id, id DESC);
