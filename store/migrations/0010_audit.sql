-- The record of each customer is a chain (design 15): chain is the customer's tenant, or '' for what concerns the partner alone; seq counts its entries
-- from 1. hash covers the hash before it, what survives the end of a relation, and content_hash; content_hash covers what does not, with a salt
-- that goes with it. Entries from before this migration have seq 0 until the first start chains them.
ALTER TABLE audit ADD COLUMN chain TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE audit ADD COLUMN salt BLOB NOT NULL DEFAULT x'';
ALTER TABLE audit ADD COLUMN content_hash BLOB NOT NULL DEFAULT x'';
ALTER TABLE audit ADD COLUMN hash BLOB NOT NULL DEFAULT x'';
-- The first word of the operation.
ALTER TABLE audit ADD COLUMN subject TEXT GENERATED ALWAYS AS (substr(operation, 1, instr(operation || '.', '.') - 1)) VIRTUAL;
CREATE UNIQUE INDEX audit_by_seq ON audit (chain, seq) WHERE seq > 0;
CREATE INDEX audit_by_chain ON audit (chain, at DESC, id DESC);
CREATE INDEX audit_by_actor ON audit (actor_oid, at DESC, id DESC);
CREATE INDEX audit_by_subject ON audit (subject, at DESC, id DESC);

-- Where each chain ends, and where it begins once its oldest entries are past the retention: first is the seq of the first entry that is kept,
-- before the hash of the one before it, pruned_before the time before which entries were taken away.
CREATE TABLE audit_heads (
  chain         TEXT PRIMARY KEY,
  seq           INTEGER NOT NULL,
  hash          BLOB NOT NULL,
  first         INTEGER NOT NULL DEFAULT 1,
  before        BLOB NOT NULL DEFAULT x'',
  pruned_before INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TRIGGER audit_heads_only_rise BEFORE UPDATE ON audit_heads
WHEN NOT (NEW.chain = OLD.chain AND NEW.seq >= OLD.seq AND NEW.first >= OLD.first AND NEW.pruned_before >= OLD.pruned_before AND NEW.first <= NEW.seq + 1)
BEGIN SELECT RAISE(ABORT, 'the head of a record only rises'); END;
CREATE TRIGGER audit_heads_stay BEFORE DELETE ON audit_heads BEGIN SELECT RAISE(ABORT, 'the head of a record only rises'); END;

-- What the head of a chain was at a moment, signed with the key beside the database.
CREATE TABLE audit_checkpoints (
  id         INTEGER PRIMARY KEY,
  chain      TEXT NOT NULL,
  seq        INTEGER NOT NULL,
  hash       BLOB NOT NULL,
  at         INTEGER NOT NULL,
  public_key BLOB NOT NULL,
  signature  BLOB NOT NULL,
  UNIQUE (chain, seq)
) STRICT;
CREATE TRIGGER audit_checkpoints_stay BEFORE UPDATE ON audit_checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints are never edited'); END;
CREATE TRIGGER audit_checkpoints_last BEFORE DELETE ON audit_checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints are never deleted'); END;

-- Who may take the record of a customer away for a day, after the customer approved it where it wants to.
CREATE TABLE audit_permits (
  id          INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  oid         TEXT NOT NULL,
  made_at     INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_permits_by_person ON audit_permits (customer_id, oid, expires_at);

-- Entries are never edited, but for two things: the end of a relation takes their content and its salt, and the first start chains what was there before.
DROP TRIGGER audit_no_update;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
WHEN NOT (NEW.id = OLD.id AND NEW.at = OLD.at AND NEW.tenant_id = OLD.tenant_id AND NEW.side = OLD.side AND NEW.actor_tenant = OLD.actor_tenant
  AND NEW.actor_oid = OLD.actor_oid AND NEW.operation = OLD.operation AND NEW.result = OLD.result
  AND (NEW.chain = OLD.chain AND NEW.seq = OLD.seq AND NEW.content_hash = OLD.content_hash AND NEW.hash = OLD.hash AND NEW.salt = x''
      AND NEW.customer_id IS NULL AND NEW.actor_name = '' AND NEW.object = '' AND NEW.object_id = '' AND NEW.detail_json = '{}'
      AND NEW.request_id = '' AND NEW.address = ''
    OR OLD.seq = 0 AND NEW.seq > 0 AND NEW.customer_id IS OLD.customer_id AND NEW.actor_name = OLD.actor_name AND NEW.object = OLD.object
      AND NEW.object_id = OLD.object_id AND NEW.detail_json = OLD.detail_json AND NEW.request_id = OLD.request_id AND NEW.address = OLD.address))
BEGIN SELECT RAISE(ABORT, 'audit entries are never edited'); END;
-- Only the oldest of a chain go, when the head says that they were past the retention.
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
WHEN NOT EXISTS (SELECT 1 FROM audit_heads h WHERE h.chain = OLD.chain AND OLD.seq < h.first AND OLD.at < h.pruned_before)
BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END;
-- Nor is one put in the place of another: REPLACE asks no trigger of deletion. seq > 0 is for the planner: without it the index is not used.
CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id) OR NEW.seq > 0 AND EXISTS (SELECT 1 FROM audit WHERE chain = NEW.chain AND seq = NEW.seq AND seq > 0)
BEGIN SELECT RAISE(ABORT, 'audit entries are never edited'); END;
CREATE TRIGGER audit_heads_no_replace BEFORE INSERT ON audit_heads
WHEN EXISTS (SELECT 1 FROM audit_heads WHERE chain = NEW.chain AND seq > NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the head of a record only rises'); END;
CREATE TRIGGER audit_checkpoints_no_replace BEFORE INSERT ON audit_checkpoints
WHEN EXISTS (SELECT 1 FROM audit_checkpoints WHERE id = NEW.id OR chain = NEW.chain AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'checkpoints are never edited'); END;
