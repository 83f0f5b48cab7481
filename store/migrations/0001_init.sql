-- Roomward's schema. Times are INTEGER milliseconds UTC; ids are random positive 63-bit integers (policy.ID) unless said otherwise;
-- *_json columns hold JSON written by one Go type each. Every customer row carries customer_id; rows that lists show carry cell_id.

-- What kind of data directory this is (mode: real, trial or demo) and other facts of the whole installation.
CREATE TABLE facts (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

-- Numbers that only rise. 'rules' is raised by every change of any customer's rules: views are compared with it.
CREATE TABLE counters (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT;
INSERT INTO counters (name, value) VALUES ('rules', 1);

-- ---- organisations ---------------------------------------------------------------------------------------------------------

-- An Entra tenant of which an administrator has signed in. The lasting key of a customer.
CREATE TABLE tenants (
  tenant_id    TEXT PRIMARY KEY,
  name         TEXT NOT NULL,
  domains_json TEXT NOT NULL DEFAULT '[]',
  country      TEXT NOT NULL DEFAULT '',
  sub_scope    TEXT NOT NULL DEFAULT '',
  consent      TEXT NOT NULL DEFAULT 'none' CHECK (consent IN ('none', 'given', 'withdrawn')),
  consent_at   INTEGER,
  created_at   INTEGER NOT NULL
) STRICT;

-- One-time codes that the partner hands out, so that only somebody it knows can invite it. Only the hash is kept.
CREATE TABLE invitation_codes (
  id            INTEGER PRIMARY KEY,
  code_hash     TEXT NOT NULL UNIQUE,
  note          TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  created_by    TEXT NOT NULL,
  expires_at    INTEGER NOT NULL,
  used_at       INTEGER,
  used_by_tenant TEXT
) STRICT;

CREATE TABLE invitations (
  id                  INTEGER PRIMARY KEY,
  tenant_id           TEXT NOT NULL REFERENCES tenants (tenant_id),
  name                TEXT NOT NULL,
  partner_domain      TEXT NOT NULL,
  state               TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'declined', 'expired', 'withdrawn')),
  grant_json          TEXT NOT NULL,
  rooms_offered       INTEGER NOT NULL,
  ceiling_json        TEXT NOT NULL,
  change_control_json TEXT NOT NULL,
  strong_auth         TEXT NOT NULL DEFAULT '',
  relation_ends_at    INTEGER,
  retention_days      INTEGER NOT NULL,
  terms_version       TEXT NOT NULL,
  sent_at             INTEGER NOT NULL,
  sent_by_oid         TEXT NOT NULL,
  sent_by_name        TEXT NOT NULL,
  expires_at          INTEGER NOT NULL,
  decided_at          INTEGER,
  decided_by_name     TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX invitations_one_pending ON invitations (tenant_id) WHERE state = 'pending';
CREATE INDEX invitations_by_tenant ON invitations (tenant_id, sent_at DESC, id DESC);
CREATE INDEX invitations_by_state ON invitations (state, sent_at DESC, id DESC);
CREATE INDEX invitations_due ON invitations (expires_at) WHERE state = 'pending';

-- A relation in force. It goes, with everything that refers to it, when the relation ends.
CREATE TABLE customers (
  id                  INTEGER PRIMARY KEY,
  tenant_id           TEXT NOT NULL UNIQUE REFERENCES tenants (tenant_id),
  name                TEXT NOT NULL,
  state               TEXT NOT NULL CHECK (state IN ('active', 'withdrawn')),
  rule_version        INTEGER NOT NULL,
  data_version        INTEGER NOT NULL DEFAULT 1,
  grant_json          TEXT NOT NULL,
  ceiling_json        TEXT NOT NULL,
  change_control_json TEXT NOT NULL,
  strong_auth         TEXT NOT NULL DEFAULT '',
  ends_at             INTEGER,
  retention_days      INTEGER NOT NULL,
  invitation_id       INTEGER NOT NULL REFERENCES invitations (id),
  accepted_at         INTEGER NOT NULL,
  accepted_by_name    TEXT NOT NULL,
  rooms               INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX customers_by_name ON customers (name, id);

-- ---- access ----------------------------------------------------------------------------------------------------------------

CREATE TABLE tenant_managers (
  id         INTEGER PRIMARY KEY,
  principal  TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  detail     TEXT NOT NULL DEFAULT '',
  added_at   INTEGER NOT NULL,
  added_by   TEXT NOT NULL
) STRICT;

CREATE TABLE roles (
  id          INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  name        TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  built_in    INTEGER NOT NULL DEFAULT 0 CHECK (built_in IN (0, 1)),
  created_at  INTEGER NOT NULL,
  UNIQUE (customer_id, name)
) STRICT;
CREATE TABLE role_permissions (
  role_id     INTEGER NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
  permission  TEXT NOT NULL,
  PRIMARY KEY (role_id, permission)
) STRICT, WITHOUT ROWID;

CREATE TABLE assignments (
  id          INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  role_id     INTEGER NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
  name        TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  mail        INTEGER NOT NULL DEFAULT 0 CHECK (mail IN (0, 1)),
  starts_at   INTEGER,
  ends_at     INTEGER,
  created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX assignments_by_customer ON assignments (customer_id);
CREATE INDEX assignments_by_role ON assignments (role_id);
CREATE TABLE assignment_members (
  assignment_id INTEGER NOT NULL REFERENCES assignments (id) ON DELETE CASCADE,
  customer_id   INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  principal     TEXT NOT NULL,
  name          TEXT NOT NULL,
  PRIMARY KEY (assignment_id, principal)
) STRICT, WITHOUT ROWID;
CREATE INDEX assignment_members_by_principal ON assignment_members (principal, customer_id);
CREATE INDEX assignment_members_by_customer ON assignment_members (customer_id);
CREATE TABLE assignment_scopes (
  assignment_id INTEGER NOT NULL REFERENCES assignments (id) ON DELETE CASCADE,
  customer_id   INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  scope         TEXT NOT NULL,
  PRIMARY KEY (assignment_id, scope)
) STRICT, WITHOUT ROWID;
CREATE INDEX assignment_scopes_by_customer ON assignment_scopes (customer_id);

-- Each room stands in exactly one cell: the set of scope groups it is in, and its mark when an assignment names it alone.
CREATE TABLE cells (
  id          INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  groups_json TEXT NOT NULL DEFAULT '[]',
  room_id     INTEGER NOT NULL DEFAULT 0,
  UNIQUE (customer_id, groups_json, room_id)
) STRICT;

CREATE TABLE room_groups (
  id          INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  name        TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  created_at  INTEGER NOT NULL,
  UNIQUE (customer_id, name)
) STRICT;
CREATE TABLE room_group_rooms (
  group_id    INTEGER NOT NULL REFERENCES room_groups (id) ON DELETE CASCADE,
  room_id     INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  PRIMARY KEY (group_id, room_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX room_group_rooms_by_room ON room_group_rooms (room_id);

-- ---- rooms, devices, signals -----------------------------------------------------------------------------------------------

-- cell_id is NULL while a room is hidden: it left the grant by Microsoft's data, and is purged after two complete agreeing collections and 24 hours.
CREATE TABLE rooms (
  id          INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  cell_id     INTEGER REFERENCES cells (id),
  place_id    TEXT NOT NULL,
  name        TEXT NOT NULL,
  email       TEXT NOT NULL,
  country     TEXT NOT NULL,
  city        TEXT NOT NULL,
  building    TEXT NOT NULL,
  floor       TEXT NOT NULL,
  label       TEXT NOT NULL,
  capacity    INTEGER NOT NULL,
  maker       TEXT NOT NULL DEFAULT '',
  model       TEXT NOT NULL DEFAULT '',
  health      TEXT NOT NULL DEFAULT 'onboarding'
              CHECK (health IN ('unhealthy', 'offline', 'unmonitored', 'suppressed', 'onboarding', 'healthy')),
  health_rank INTEGER NOT NULL DEFAULT 50,
  critical    INTEGER NOT NULL DEFAULT 0,
  important   INTEGER NOT NULL DEFAULT 0,
  warning     INTEGER NOT NULL DEFAULT 0,
  last_seen_at INTEGER,
  hidden_at   INTEGER,
  misses      INTEGER NOT NULL DEFAULT 0,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  UNIQUE (customer_id, place_id)
) STRICT;
CREATE INDEX rooms_by_health ON rooms (health_rank, name, id);
CREATE INDEX rooms_by_cell ON rooms (cell_id, health_rank, name, id);

CREATE TABLE devices (
  id          INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  room_id     INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  cell_id     INTEGER REFERENCES cells (id),
  graph_id    TEXT NOT NULL,
  kind        TEXT NOT NULL,
  maker       TEXT NOT NULL,
  model       TEXT NOT NULL,
  serial      TEXT NOT NULL,
  asset_tag   TEXT NOT NULL,
  health      TEXT NOT NULL,
  activity    TEXT NOT NULL,
  app_version TEXT NOT NULL DEFAULT '',
  os_version  TEXT NOT NULL DEFAULT '',
  firmware    TEXT NOT NULL DEFAULT '',
  misses      INTEGER NOT NULL DEFAULT 0,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  UNIQUE (customer_id, graph_id)
) STRICT;
CREATE INDEX devices_by_room ON devices (room_id);

-- What is known of each signal of a device. polls counts bad polls in a row, up to 2: more would be a write without news.
CREATE TABLE signals (
  device_id   INTEGER NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  signal      TEXT NOT NULL,
  room_id     INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  state       TEXT NOT NULL CHECK (state IN ('good', 'bad', 'unknown')),
  severity    TEXT NOT NULL CHECK (severity IN ('critical', 'important', 'warning', 'recommended')),
  value       TEXT NOT NULL DEFAULT '',
  polls       INTEGER NOT NULL DEFAULT 0,
  since       INTEGER NOT NULL,
  PRIMARY KEY (device_id, signal)
) STRICT, WITHOUT ROWID;
CREATE INDEX signals_by_room ON signals (room_id);

-- When a signal was not good: one row per span, until_at NULL while it lasts. Drawn as the 7-day lane.
CREATE TABLE signal_spans (
  id          INTEGER PRIMARY KEY,
  device_id   INTEGER NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  signal      TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('bad', 'unknown')),
  severity    TEXT NOT NULL,
  from_at     INTEGER NOT NULL,
  until_at    INTEGER
) STRICT;
CREATE INDEX signal_spans_by_device ON signal_spans (device_id, signal, from_at);

-- ---- incidents -------------------------------------------------------------------------------------------------------------

-- One incident per room, device and signal, reused. open is 1 in the states watching, active and investigating.
CREATE TABLE incidents (
  id            INTEGER PRIMARY KEY,
  customer_id   INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  room_id       INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  cell_id       INTEGER REFERENCES cells (id),
  device_id     INTEGER NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  signal        TEXT NOT NULL,
  category      TEXT NOT NULL,
  severity      TEXT NOT NULL CHECK (severity IN ('critical', 'important', 'warning', 'recommended')),
  severity_rank INTEGER NOT NULL,
  state         TEXT NOT NULL CHECK (state IN ('watching', 'active', 'investigating', 'resolved', 'closed')),
  open          INTEGER NOT NULL CHECK (open IN (0, 1)),
  value         TEXT NOT NULL DEFAULT '',
  opened_at     INTEGER NOT NULL,
  activated_at  INTEGER,
  resolved_at   INTEGER,
  closed_at     INTEGER,
  openings      INTEGER NOT NULL DEFAULT 1,
  updated_at    INTEGER NOT NULL,
  UNIQUE (device_id, signal)
) STRICT;
CREATE INDEX incidents_open_by_time ON incidents (opened_at DESC, id DESC) WHERE open = 1;
CREATE INDEX incidents_open_by_cell ON incidents (cell_id, opened_at DESC, id DESC) WHERE open = 1;
CREATE INDEX incidents_by_cell ON incidents (cell_id, opened_at DESC, id DESC);
CREATE INDEX incidents_by_room ON incidents (room_id, opened_at DESC);
CREATE INDEX incidents_to_close ON incidents (resolved_at) WHERE state = 'resolved';

CREATE TABLE incident_openings (
  id           INTEGER PRIMARY KEY,
  incident_id  INTEGER NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
  opened_at    INTEGER NOT NULL,
  resolved_at  INTEGER
) STRICT;
CREATE INDEX incident_openings_by_incident ON incident_openings (incident_id, opened_at);

-- What happened to an incident, in order. kind: opened, activated, resolved, reactivated, closed, severity.
CREATE TABLE incident_events (
  id           INTEGER PRIMARY KEY,
  incident_id  INTEGER NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
  at           INTEGER NOT NULL,
  kind         TEXT NOT NULL,
  detail       TEXT NOT NULL DEFAULT '',
  by_name      TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX incident_events_by_incident ON incident_events (incident_id, at DESC, id DESC);

-- ---- collecting ------------------------------------------------------------------------------------------------------------

-- What is due, one row per customer and kind of work. state is what people read; last_good_at is the age of the data.
CREATE TABLE collect_jobs (
  customer_id   INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  kind          TEXT NOT NULL CHECK (kind IN ('places', 'devices')),
  due_at        INTEGER NOT NULL,
  leased_until  INTEGER NOT NULL DEFAULT 0,
  state         TEXT NOT NULL DEFAULT 'new',
  detail        TEXT NOT NULL DEFAULT '',
  state_since   INTEGER NOT NULL,
  last_good_at  INTEGER,
  last_run_at   INTEGER,
  failures      INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (customer_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX collect_jobs_due ON collect_jobs (due_at);

CREATE TABLE collect_runs (
  id           INTEGER PRIMARY KEY,
  customer_id  INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  kind         TEXT NOT NULL,
  started_at   INTEGER NOT NULL,
  ended_at     INTEGER NOT NULL,
  result       TEXT NOT NULL,
  detail       TEXT NOT NULL DEFAULT '',
  requests     INTEGER NOT NULL,
  waited_ms    INTEGER NOT NULL,
  changed      INTEGER NOT NULL,
  asked_by     TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX collect_runs_by_customer ON collect_runs (customer_id, started_at DESC, id DESC);
CREATE INDEX collect_runs_by_time ON collect_runs (started_at);

-- ---- sign-in ---------------------------------------------------------------------------------------------------------------

CREATE TABLE signins (
  state_hash  TEXT PRIMARY KEY,
  side        TEXT NOT NULL,
  nonce       TEXT NOT NULL,
  verifier    TEXT NOT NULL,
  return_to   TEXT NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
  id           TEXT PRIMARY KEY,
  secret_hash  TEXT NOT NULL UNIQUE,
  side         TEXT NOT NULL CHECK (side IN ('partner', 'customer')),
  tenant_id    TEXT NOT NULL,
  oid          TEXT NOT NULL,
  name         TEXT NOT NULL,
  upn          TEXT NOT NULL,
  groups_json  TEXT NOT NULL,
  roles_json   TEXT NOT NULL,
  wids_json    TEXT NOT NULL,
  address      TEXT NOT NULL,
  agent        TEXT NOT NULL,
  groups_at    INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_person ON sessions (tenant_id, oid);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- ---- audit -----------------------------------------------------------------------------------------------------------------

-- Who did what. Written in the transaction of the change itself; never edited. customer_id is no foreign key: the record outlives the relation.
CREATE TABLE audit (
  id           INTEGER PRIMARY KEY,
  at           INTEGER NOT NULL,
  customer_id  INTEGER,
  tenant_id    TEXT NOT NULL DEFAULT '',
  side         TEXT NOT NULL,
  actor_tenant TEXT NOT NULL,
  actor_oid    TEXT NOT NULL,
  actor_name   TEXT NOT NULL,
  operation    TEXT NOT NULL,
  object       TEXT NOT NULL,
  object_id    TEXT NOT NULL,
  result       TEXT NOT NULL,
  detail_json  TEXT NOT NULL DEFAULT '{}',
  request_id   TEXT NOT NULL,
  address      TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_customer ON audit (customer_id, at DESC, id DESC);
CREATE INDEX audit_by_time ON audit (at DESC, id DESC);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit entries are never edited'); END;
