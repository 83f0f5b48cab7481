-- The object id of a room's resource account: devices name it, rooms do not (graph.md 1). Only of granted rooms; '' while it is not known.
ALTER TABLE rooms ADD COLUMN account_id TEXT NOT NULL DEFAULT '';
