-- Back to log-in by e-mail alone: phone numbers are forgotten, and people who left stay without identities.

REVOKE DELETE ON login_identity, user_password FROM gateway;
REVOKE UPDATE (value_normalised, verified_at) ON login_identity FROM gateway;
REVOKE UPDATE (last_login_at, deleted_at) ON users FROM gateway;

CREATE INDEX session_expires ON session (expires_at);
DROP INDEX session_last_seen;
ALTER TABLE session DROP CONSTRAINT session_strengthened_whole;
ALTER TABLE session DROP COLUMN strengthened_by;
ALTER TABLE session DROP COLUMN strengthened_at;
ALTER TABLE session DROP COLUMN agent;
ALTER TABLE session DROP COLUMN address;

ALTER TABLE users DROP COLUMN deleted_at;
ALTER TABLE users DROP COLUMN last_login_at;

DELETE FROM login_identity WHERE kind = 'phone';
ALTER TABLE login_identity DROP CONSTRAINT login_identity_one_a_kind;
ALTER TABLE login_identity DROP CONSTRAINT login_identity_phone_verified;
ALTER TABLE login_identity DROP CONSTRAINT login_identity_phone_form;
ALTER TABLE login_identity DROP CONSTRAINT login_identity_kind_known;
ALTER TABLE login_identity DROP COLUMN verified_at;
ALTER TABLE login_identity ADD CONSTRAINT login_identity_kind_known CHECK (kind IN ('email'));
