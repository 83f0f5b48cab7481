-- Secrets that Roomward must show to others again, and so cannot hash: each sealed with the master key, which is not in the database.
CREATE TABLE secrets (
  name TEXT PRIMARY KEY,
  key_id TEXT NOT NULL,   -- of the master key, so that a wrong one is told apart from a damaged row
  sealed BLOB NOT NULL,   -- nonce, then AES-256-GCM; name and key id are bound to it
  kept_at INTEGER NOT NULL,
  kept_by TEXT NOT NULL
) STRICT;
