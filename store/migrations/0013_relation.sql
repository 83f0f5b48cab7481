-- What a customer agrees with the partner beside rooms and permissions, from the offer on. seal_days is for how long the audit record is kept sealed for
-- the customer after the end of the relation; with 0 it is reduced at once. contacts_json are the mail addresses of the customer to which notices go.
ALTER TABLE invitations ADD COLUMN seal_days INTEGER NOT NULL DEFAULT 30;
ALTER TABLE invitations ADD COLUMN contacts_json TEXT NOT NULL DEFAULT '[]';
ALTER TABLE customers ADD COLUMN seal_days INTEGER NOT NULL DEFAULT 30;
ALTER TABLE customers ADD COLUMN contacts_json TEXT NOT NULL DEFAULT '[]';

-- The version of an offer: raised when it is changed while it waits, so that the partner accepts what it has read. NULL says never changed.
ALTER TABLE invitations ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE invitations ADD COLUMN changed_at INTEGER;
-- The version of what was agreed: raised by each change of it by the customer.
ALTER TABLE customers ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
