-- Programs lose their keys and sessions; who changed which role is forgotten, the roles stay.

REVOKE UPDATE (display_name, community) ON users FROM gateway;
DELETE FROM session WHERE family_id IS NOT NULL;
DROP INDEX session_by_family;
ALTER TABLE session DROP CONSTRAINT session_of_a_program;
ALTER TABLE session DROP COLUMN scopes;
ALTER TABLE session DROP COLUMN family_id;
DROP TABLE refresh_token;
DROP TABLE refresh_family;
DROP TABLE api_key;
DROP INDEX users_admins;
DROP TABLE role_change;
