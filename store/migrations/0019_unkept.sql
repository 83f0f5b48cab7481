-- Whether the audit record of a relation that has ended was to be kept and could not be sealed. Of ends before this the record of the end says so.
ALTER TABLE ended_relations ADD COLUMN record_lost INTEGER NOT NULL DEFAULT 0 CHECK (record_lost IN (0, 1));
UPDATE ended_relations SET record_lost = 1 WHERE EXISTS (SELECT 1 FROM audit a WHERE a.tenant_id = ended_relations.tenant_id AND a.tenant_id <> ''
  AND a.at >= ended_relations.ended_at AND a.at < ended_relations.ended_at + 1000 AND a.operation IN ('relation.end', 'customer.leave')
  AND a.detail_json = '{"record":"not kept"}');
