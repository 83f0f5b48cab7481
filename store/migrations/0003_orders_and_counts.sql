-- Lists that cost the same however much there is (design 14). An index of an order also holds what decides whether a row is shown, so that a
-- walk along it reads rows only for the page itself. Open and past incidents have indexes of their own: one in ten is open.
DROP INDEX incidents_open_by_time;
DROP INDEX incidents_open_by_cell;
DROP INDEX incidents_by_cell;
CREATE INDEX incidents_open_by_time ON incidents (opened_at DESC, id DESC, cell_id, state, severity) WHERE open = 1;
CREATE INDEX incidents_past_by_time ON incidents (opened_at DESC, id DESC, cell_id, state, severity) WHERE open = 0;
CREATE INDEX incidents_open_by_severity ON incidents (severity_rank, opened_at, id, cell_id, state, severity) WHERE open = 1;
CREATE INDEX incidents_past_by_severity ON incidents (severity_rank, opened_at, id, cell_id, state, severity) WHERE open = 0;
CREATE INDEX incidents_by_cell ON incidents (cell_id, open, state, opened_at DESC, id DESC, severity, severity_rank);

DROP INDEX rooms_by_health;
DROP INDEX rooms_by_cell;
-- What lists of rooms are ordered by, as columns: a deep page of an order by an expression would begin at the first row. A room that is seen now
-- comes after all others; critical incidents weigh most, then important ones: no room has a thousand of one severity.
ALTER TABLE rooms ADD COLUMN seen_order INTEGER GENERATED ALWAYS AS (coalesce(last_seen_at, 9223372036854775807)) VIRTUAL;
ALTER TABLE rooms ADD COLUMN incident_order INTEGER GENERATED ALWAYS AS (critical * 1000000 + important * 1000 + warning) VIRTUAL;
CREATE INDEX rooms_by_health ON rooms (health_rank, name, id, cell_id, health);
CREATE INDEX rooms_by_name ON rooms (name, id, cell_id, health);
CREATE INDEX rooms_by_seen ON rooms (seen_order, name, id, cell_id);
CREATE INDEX rooms_by_incidents ON rooms (incident_order, name, id, cell_id);
CREATE INDEX rooms_by_cell ON rooms (cell_id, health_rank, name, id, health);

DROP INDEX incident_openings_by_incident;
CREATE INDEX incident_openings_by_incident ON incident_openings (incident_id, opened_at, resolved_at);

-- How many rooms and incidents a cell has. The triggers keep it, in the transaction of every change and whichever statement makes it, so that a
-- total is a sum over the cells of a view, of the same moment as the page. Hidden rooms and their incidents are in no cell.
CREATE TABLE room_counts (
  cell_id INTEGER NOT NULL REFERENCES cells (id) ON DELETE CASCADE,
  health  TEXT NOT NULL,
  n       INTEGER NOT NULL CHECK (n >= 0),
  PRIMARY KEY (cell_id, health)
) STRICT, WITHOUT ROWID;
CREATE TABLE incident_counts (
  cell_id  INTEGER NOT NULL REFERENCES cells (id) ON DELETE CASCADE,
  open     INTEGER NOT NULL,
  state    TEXT NOT NULL,
  severity TEXT NOT NULL,
  n        INTEGER NOT NULL CHECK (n >= 0),
  PRIMARY KEY (cell_id, open, state, severity)
) STRICT, WITHOUT ROWID;

-- The sums of those that nearly every list asks for, in a few pages for all cells: a reader has to read them anew after every commit.
CREATE TABLE cell_counts (
  cell_id INTEGER PRIMARY KEY REFERENCES cells (id) ON DELETE CASCADE,
  rooms   INTEGER NOT NULL DEFAULT 0 CHECK (rooms >= 0),
  open    INTEGER NOT NULL DEFAULT 0 CHECK (open >= 0)
) STRICT;
CREATE TRIGGER cell_counts_room AFTER INSERT ON room_counts BEGIN
  INSERT INTO cell_counts (cell_id, rooms) VALUES (NEW.cell_id, NEW.n) ON CONFLICT DO UPDATE SET rooms = rooms + NEW.n;
END;
CREATE TRIGGER cell_counts_rooms AFTER UPDATE OF n ON room_counts BEGIN
  UPDATE cell_counts SET rooms = rooms + NEW.n - OLD.n WHERE cell_id = NEW.cell_id;
END;
CREATE TRIGGER cell_counts_incident AFTER INSERT ON incident_counts WHEN NEW.open = 1 BEGIN
  INSERT INTO cell_counts (cell_id, open) VALUES (NEW.cell_id, NEW.n) ON CONFLICT DO UPDATE SET open = open + NEW.n;
END;
CREATE TRIGGER cell_counts_incidents AFTER UPDATE OF n ON incident_counts WHEN NEW.open = 1 BEGIN
  UPDATE cell_counts SET open = open + NEW.n - OLD.n WHERE cell_id = NEW.cell_id;
END;

INSERT INTO room_counts SELECT cell_id, health, count(*) FROM rooms WHERE cell_id IS NOT NULL GROUP BY 1, 2;
INSERT INTO incident_counts SELECT cell_id, open, state, severity, count(*) FROM incidents WHERE cell_id IS NOT NULL GROUP BY 1, 2, 3, 4;

CREATE TRIGGER room_counts_insert AFTER INSERT ON rooms WHEN NEW.cell_id IS NOT NULL BEGIN
  INSERT INTO room_counts VALUES (NEW.cell_id, NEW.health, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER room_counts_delete AFTER DELETE ON rooms WHEN OLD.cell_id IS NOT NULL BEGIN
  UPDATE room_counts SET n = n - 1 WHERE cell_id = OLD.cell_id AND health = OLD.health;
END;
CREATE TRIGGER room_counts_leave AFTER UPDATE OF cell_id, health ON rooms
WHEN OLD.cell_id IS NOT NULL AND (OLD.cell_id IS NOT NEW.cell_id OR OLD.health <> NEW.health) BEGIN
  UPDATE room_counts SET n = n - 1 WHERE cell_id = OLD.cell_id AND health = OLD.health;
END;
CREATE TRIGGER room_counts_enter AFTER UPDATE OF cell_id, health ON rooms
WHEN NEW.cell_id IS NOT NULL AND (OLD.cell_id IS NOT NEW.cell_id OR OLD.health <> NEW.health) BEGIN
  INSERT INTO room_counts VALUES (NEW.cell_id, NEW.health, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;

CREATE TRIGGER incident_counts_insert AFTER INSERT ON incidents WHEN NEW.cell_id IS NOT NULL BEGIN
  INSERT INTO incident_counts VALUES (NEW.cell_id, NEW.open, NEW.state, NEW.severity, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER incident_counts_delete AFTER DELETE ON incidents WHEN OLD.cell_id IS NOT NULL BEGIN
  UPDATE incident_counts SET n = n - 1 WHERE cell_id = OLD.cell_id AND open = OLD.open AND state = OLD.state AND severity = OLD.severity;
END;
CREATE TRIGGER incident_counts_leave AFTER UPDATE OF cell_id, open, state, severity ON incidents
WHEN OLD.cell_id IS NOT NULL
  AND (OLD.cell_id IS NOT NEW.cell_id OR OLD.open <> NEW.open OR OLD.state <> NEW.state OR OLD.severity <> NEW.severity) BEGIN
  UPDATE incident_counts SET n = n - 1 WHERE cell_id = OLD.cell_id AND open = OLD.open AND state = OLD.state AND severity = OLD.severity;
END;
CREATE TRIGGER incident_counts_enter AFTER UPDATE OF cell_id, open, state, severity ON incidents
WHEN NEW.cell_id IS NOT NULL
  AND (OLD.cell_id IS NOT NEW.cell_id OR OLD.open <> NEW.open OR OLD.state <> NEW.state OR OLD.severity <> NEW.severity) BEGIN
  INSERT INTO incident_counts VALUES (NEW.cell_id, NEW.open, NEW.state, NEW.severity, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
