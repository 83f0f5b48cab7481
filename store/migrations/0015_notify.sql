-- Ids of notices are random, as all that people are told: numbers in a row would tell a customer how much others are told. So their order is that
-- of time. mail says whether letters were made of a notice: of one to the customer at once, of one to the partner when a mail server is there.
ALTER TABLE notices ADD COLUMN mail TEXT NOT NULL DEFAULT 'new' CHECK (mail IN ('new', 'none', 'written'));
DROP INDEX notices_by_tenant;
DROP INDEX notices_by_customer;
CREATE INDEX notices_by_tenant ON notices (side, tenant_id, at DESC, id DESC);
CREATE INDEX notices_by_customer ON notices (customer_id, at DESC, id DESC);
CREATE INDEX notices_by_time ON notices (side, at DESC, id DESC);
CREATE INDEX notices_to_write ON notices (at) WHERE mail = 'new';

-- Up to which notice somebody has read: the last one's time and id.
CREATE TABLE notice_marks (
  tenant_id TEXT NOT NULL,
  oid       TEXT NOT NULL,
  at        INTEGER NOT NULL,
  id        INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, oid)
) STRICT, WITHOUT ROWID;

-- The outbox: one letter for each address that a notice is mailed to. A letter goes with its notice, and so with the relation. The address goes when
-- it is sent or given up. due_at is when it is tried next; reason and code say why the last try failed.
CREATE TABLE letters (
  id        INTEGER PRIMARY KEY,
  notice_id INTEGER NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
  address   TEXT,
  state     TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed')),
  tries     INTEGER NOT NULL DEFAULT 0,
  due_at    INTEGER NOT NULL,
  reason    TEXT NOT NULL DEFAULT '',
  code      INTEGER NOT NULL DEFAULT 0,
  UNIQUE (notice_id, address)
) STRICT;
CREATE INDEX letters_due ON letters (due_at) WHERE state = 'waiting';
