-- Log-in by e-mail or phone, what a session knows of its device and of how it was strengthened, and a soft end for people.

ALTER TABLE login_identity DROP CONSTRAINT login_identity_kind_known;
ALTER TABLE login_identity ADD COLUMN verified_at timestamptz;
ALTER TABLE login_identity ADD CONSTRAINT login_identity_kind_known CHECK (kind IN ('email', 'phone'));
ALTER TABLE login_identity ADD CONSTRAINT login_identity_phone_form
CHECK (kind <> 'phone' OR value_normalised ~ '^\+[1-9][0-9]{6,14}$');
-- A number is an identity only when whoever holds it has shown so.
ALTER TABLE login_identity ADD CONSTRAINT login_identity_phone_verified
CHECK (kind <> 'phone' OR verified_at IS NOT NULL);
ALTER TABLE login_identity ADD CONSTRAINT login_identity_one_a_kind UNIQUE (user_id, kind);

ALTER TABLE users ADD COLUMN last_login_at timestamptz;
ALTER TABLE users ADD COLUMN deleted_at timestamptz;

ALTER TABLE session ADD COLUMN address text
CONSTRAINT session_address_length CHECK (char_length(address) <= 64);
ALTER TABLE session ADD COLUMN agent text
CONSTRAINT session_agent_length CHECK (char_length(agent) <= 200);
ALTER TABLE session ADD COLUMN strengthened_at timestamptz;
ALTER TABLE session ADD COLUMN strengthened_by text
CONSTRAINT session_strengthened_by_known
CHECK (strengthened_by IN ('password', 'totp', 'recovery_code', 'passkey', 'machine'));
ALTER TABLE session ADD CONSTRAINT session_strengthened_whole
CHECK ((strengthened_at IS NULL) = (strengthened_by IS NULL));
CREATE INDEX session_last_seen ON session (last_seen_at);
DROP INDEX session_expires;

GRANT UPDATE (last_login_at, deleted_at) ON users TO gateway;
GRANT UPDATE (value_normalised, verified_at) ON login_identity TO gateway;
GRANT DELETE ON login_identity, user_password TO gateway;
