-- What people look for and whether they find it, without saying who they are; popular and zero-result queries come from here.

CREATE TABLE query_log (
    query_id uuid PRIMARY KEY,
    searched_at timestamptz NOT NULL,
    user_hash bytea NOT NULL CONSTRAINT query_log_user_hash_sized CHECK (length(user_hash) = 32),
    community text NOT NULL,
    q text NOT NULL CONSTRAINT query_log_q_bounded CHECK (length(q) <= 200),
    filters jsonb NOT NULL,
    page boolean NOT NULL,
    hits integer NOT NULL CONSTRAINT query_log_hits_not_negative CHECK (hits >= 0),
    tolerant boolean NOT NULL,
    took_ms integer NOT NULL
);

CREATE INDEX query_log_searched ON query_log (searched_at);

-- A user's id can't be told from the hash by trying all ids without this salt.
CREATE TABLE query_log_salt (
    single boolean PRIMARY KEY DEFAULT TRUE CONSTRAINT query_log_salt_single CHECK (single),
    salt bytea NOT NULL
);

INSERT INTO query_log_salt (salt)
VALUES (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

DO $grants$
DECLARE
    runtime text := current_schema();
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, DELETE ON query_log TO %I', runtime);
    EXECUTE format('GRANT SELECT ON query_log_salt TO %I', runtime);
END
$grants$;
