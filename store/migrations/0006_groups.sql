-- Room groups that keep themselves by rules. A name is no longer unique in the schema: somebody who sees a part of a customer must not learn from
-- a refusal which names there are elsewhere, so the name is compared with those of the groups that the person sees. SQLite cannot drop a
-- constraint, so that both tables are made anew.
CREATE TABLE groups_kept AS SELECT id, customer_id, name, description, created_at FROM room_groups;
CREATE TABLE members_kept AS SELECT group_id, room_id FROM room_group_rooms;
DROP TABLE room_group_rooms;
DROP TABLE room_groups;

-- rules_json is a list of GroupRule; empty in a fixed group. changed_by is the name of who changed the group last, which is not who moved a room.
CREATE TABLE room_groups (
  id          INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  name        TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  kind        TEXT NOT NULL DEFAULT 'fixed' CHECK (kind IN ('fixed', 'rules')),
  rules_json  TEXT NOT NULL DEFAULT '[]',
  version     INTEGER NOT NULL DEFAULT 1,
  created_at  INTEGER NOT NULL,
  changed_at  INTEGER NOT NULL,
  changed_by  TEXT NOT NULL
) STRICT;
CREATE INDEX room_groups_by_customer ON room_groups (customer_id, name, id);

-- The members of every group; those of a group by rules are kept by the transactions that change what the rules read. A hidden room is in no group
-- by rules.
CREATE TABLE room_group_rooms (
  group_id    INTEGER NOT NULL REFERENCES room_groups (id) ON DELETE CASCADE,
  room_id     INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  PRIMARY KEY (group_id, room_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX room_group_rooms_by_room ON room_group_rooms (room_id);

INSERT INTO room_groups (id, customer_id, name, description, created_at, changed_at, changed_by)
  SELECT id, customer_id, name, description, created_at, created_at, '' FROM groups_kept;
INSERT INTO room_group_rooms SELECT group_id, room_id FROM members_kept;
DROP TABLE groups_kept;
DROP TABLE members_kept;
