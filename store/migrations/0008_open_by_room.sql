-- The list of rooms counts the open incidents of each in sight: from the index alone, without reading the incidents.
DROP INDEX incidents_by_room;
CREATE INDEX incidents_by_room ON incidents (room_id, open, cell_id);
