-- Who looked at whose personal data, when and why: added to only, and shown to whom it is about.

CREATE TABLE access_log (
    id uuid NOT NULL DEFAULT uuidv7(),
    accessed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    reader_id uuid NOT NULL,
    reader_roles text [] NOT NULL
    CONSTRAINT access_log_roles_said CHECK (cardinality(reader_roles) BETWEEN 1 AND 10),
    subject_id uuid NOT NULL,
    what text [] NOT NULL CONSTRAINT access_log_what_said CHECK (cardinality(what) BETWEEN 1 AND 50),
    reason text NOT NULL
    CONSTRAINT access_log_reason_said CHECK (length(btrim(reason)) BETWEEN 10 AND 500),
    address text,
    agent text,
    session_id uuid,
    correlation_id text,
    PRIMARY KEY (subject_id, accessed_at, id),
    CONSTRAINT access_log_of_another CHECK (reader_id <> subject_id)
) PARTITION BY RANGE (accessed_at);

CREATE INDEX access_log_by_reader ON access_log (reader_id, accessed_at);

CREATE TABLE access_log_default PARTITION OF access_log DEFAULT;

-- When it was is not the writer's to say.
GRANT SELECT, INSERT (
    reader_id, reader_roles, subject_id, what, reason, address, agent, session_id, correlation_id
) ON access_log TO gateway;
GRANT SELECT ON access_log TO localex_operator;
