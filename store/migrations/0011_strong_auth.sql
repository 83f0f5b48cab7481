-- The authentication contexts that a sign-in satisfied, such as ["c1"]; they hold for the session only.
ALTER TABLE sessions ADD COLUMN contexts_json TEXT NOT NULL DEFAULT '[]';
-- The one that a sign-in under way asks for; '' for none.
ALTER TABLE signins ADD COLUMN step_up TEXT NOT NULL DEFAULT '';
