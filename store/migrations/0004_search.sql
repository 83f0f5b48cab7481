-- What searching looks for in a room, see searchable in lists.go. For rooms that are there already small letters must do, until their places
-- are collected next.
ALTER TABLE rooms ADD COLUMN search TEXT NOT NULL DEFAULT '';
UPDATE rooms SET search = lower(name || char(10) || email || char(10) || building || char(10) || city || char(10) || label);

-- What filters and their values ask of a room or an incident, so that reading by cell reads these indexes only: the rows themselves lie scattered.
DROP INDEX rooms_by_cell;
CREATE INDEX rooms_by_cell ON rooms (cell_id, health_rank, name, id, health, country, city, building, maker, model, search);
DROP INDEX incidents_by_cell;
CREATE INDEX incidents_by_cell ON incidents (cell_id, open, state, opened_at DESC, id DESC, severity, severity_rank, category, signal, room_id, customer_id);
