-- What people edit carries a version, raised by each change, and who changed it last.
ALTER TABLE roles ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE roles ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE roles ADD COLUMN changed_by TEXT NOT NULL DEFAULT '';
UPDATE roles SET changed_at = created_at;

ALTER TABLE assignments ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE assignments ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE assignments ADD COLUMN changed_by TEXT NOT NULL DEFAULT '';
UPDATE assignments SET changed_at = created_at;

ALTER TABLE assignment_members ADD COLUMN added_at INTEGER NOT NULL DEFAULT 0;
UPDATE assignment_members SET added_at = (SELECT created_at FROM assignments WHERE id = assignment_id);

-- Sets of permissions of the partner, from which roles of many customers are made. No row of a customer.
CREATE TABLE role_templates (
  id               INTEGER PRIMARY KEY,
  name             TEXT NOT NULL UNIQUE,
  description      TEXT NOT NULL,
  permissions_json TEXT NOT NULL,
  version          INTEGER NOT NULL DEFAULT 1,
  created_at       INTEGER NOT NULL,
  changed_at       INTEGER NOT NULL,
  changed_by       TEXT NOT NULL
) STRICT;
