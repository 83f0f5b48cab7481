-- What is left of a relation that has ended (design 15): no name and nothing that was agreed. id is that of the customer.
CREATE TABLE ended_relations (
  id        INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  began_at  INTEGER NOT NULL,
  ended_at  INTEGER NOT NULL,
  ended_by  TEXT NOT NULL CHECK (ended_by IN ('partner', 'customer', 'system'))
) STRICT;
CREATE INDEX ended_relations_by_tenant ON ended_relations (tenant_id, ended_at DESC);

-- Since when nobody is an effective primary admin: the views of the customer are closed. NULL while there is one.
ALTER TABLE customers ADD COLUMN without_admin_since INTEGER;

-- People and groups of the partner that the directory says are no good as primary admins, and why. Who is not listed is.
CREATE TABLE absent_principals (
  principal TEXT PRIMARY KEY,
  reason    TEXT NOT NULL CHECK (reason IN ('gone', 'disabled', 'empty')),
  since     INTEGER NOT NULL
) STRICT;

-- Whom the partner proposes as primary admins of a relation without one. Each change of a proposal gives it a new id, so that the customer
-- confirms what it has read.
CREATE TABLE admin_proposals (
  customer_id  INTEGER PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
  id           INTEGER NOT NULL,
  members_json TEXT NOT NULL,
  proposed_at  INTEGER NOT NULL,
  proposed_by  TEXT NOT NULL
) STRICT;

-- Audit entries are never edited. Only when a relation ends they are reduced to tenant, time, actor and operation (design 15).
DROP TRIGGER audit_no_update;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
WHEN NOT (NEW.id = OLD.id AND NEW.at = OLD.at AND NEW.tenant_id = OLD.tenant_id AND NEW.side = OLD.side AND NEW.actor_tenant = OLD.actor_tenant
  AND NEW.actor_oid = OLD.actor_oid AND NEW.operation = OLD.operation AND NEW.result = OLD.result AND NEW.customer_id IS NULL
  AND NEW.actor_name = '' AND NEW.object = '' AND NEW.object_id = '' AND NEW.detail_json = '{}' AND NEW.request_id = '' AND NEW.address = '')
BEGIN SELECT RAISE(ABORT, 'audit entries are never edited'); END;
-- The entries of a tenant, before, during and after the relation.
CREATE INDEX audit_by_tenant ON audit (tenant_id) WHERE tenant_id <> '';

-- A cell that goes asks for the devices in it: without this for each of them the whole table would be read.
CREATE INDEX devices_by_cell ON devices (cell_id);
-- As with devices, of the incidents of a customer that goes.
CREATE INDEX incidents_by_customer ON incidents (customer_id);
