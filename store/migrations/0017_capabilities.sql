-- When it is tried what a customer's consent and Microsoft's API allow: one row per customer, begun with its relation. checked_at is the start of the
-- last check that ended.
CREATE TABLE capability_checks (
  customer_id  INTEGER PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
  due_at       INTEGER NOT NULL,
  leased_until INTEGER NOT NULL DEFAULT 0,
  checked_at   INTEGER
) STRICT;
CREATE INDEX capability_checks_due ON capability_checks (due_at);
-- Customers that are there already have their turn with their next collection.
INSERT INTO capability_checks (customer_id, due_at)
  SELECT c.id, coalesce((SELECT min(j.due_at) FROM collect_jobs j WHERE j.customer_id = c.id), 0) FROM customers c;

-- What the last check found of each capability (app/graph). detail is Microsoft's words by their codes; given tells whether its permission was in the
-- token, NULL where that could not be read; tried_at is NULL while it never was.
CREATE TABLE capabilities (
  customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  capability  TEXT NOT NULL,
  state       TEXT NOT NULL,
  detail      TEXT NOT NULL DEFAULT '',
  given       INTEGER CHECK (given IN (0, 1)),
  since       INTEGER NOT NULL,
  tried_at    INTEGER,
  PRIMARY KEY (customer_id, capability)
) STRICT, WITHOUT ROWID;
