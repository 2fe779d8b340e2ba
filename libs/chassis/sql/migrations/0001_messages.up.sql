-- What every service needs to say and hear messages, answer a key once and keep time; applied in each service's own schema.

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY,
    event_id uuid NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    part smallint NOT NULL CONSTRAINT outbox_part_in_range CHECK (part BETWEEN 0 AND 15),
    headers jsonb NOT NULL,
    payload text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at timestamptz,
    attempts smallint NOT NULL DEFAULT 0,
    failed_at timestamptz,
    last_error text,
    PRIMARY KEY (created_at, id)
) PARTITION BY RANGE (created_at);

CREATE INDEX outbox_unpublished ON outbox (part, id) WHERE published_at IS NULL AND failed_at IS NULL;

CREATE TABLE outbox_default PARTITION OF outbox DEFAULT;

CREATE TABLE inbox (
    consumer text NOT NULL,
    event_day date NOT NULL,
    event_id uuid NOT NULL,
    outcome text NOT NULL DEFAULT 'PROCESSED'
    CONSTRAINT inbox_outcome_known CHECK (outcome IN ('PROCESSED', 'REFUSED', 'FAILED')),
    reason text,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, event_day, event_id)
) PARTITION BY RANGE (event_day);

CREATE TABLE inbox_default PARTITION OF inbox DEFAULT;

CREATE TABLE dead_letter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    event_id uuid,
    type_name text,
    key text,
    headers jsonb NOT NULL,
    payload bytea,
    reason text NOT NULL,
    stack_digest text,
    trace_id text,
    redrives integer NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'DEAD'
    CONSTRAINT dead_letter_state_known CHECK (state IN ('DEAD', 'REDRIVEN', 'DISCARDED')),
    dead_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    settled_by text,
    CONSTRAINT dead_letter_once UNIQUE (consumer, topic, partition, message_offset)
);

CREATE TABLE timer (
    kind text NOT NULL,
    key text NOT NULL,
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (kind, key)
);

CREATE INDEX timer_due ON timer (due_at);

CREATE TABLE idempotent_answer (
    owner text NOT NULL,
    key text NOT NULL,
    route text NOT NULL,
    content_hash bytea NOT NULL,
    field_salt bytea NOT NULL,
    field_hashes jsonb NOT NULL,
    status smallint NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (owner, key)
);

CREATE INDEX idempotent_answer_created ON idempotent_answer (created_at);

DO $grants$
DECLARE
    runtime text := current_schema();
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', runtime, runtime);
    EXECUTE format('GRANT SELECT, INSERT ON outbox, inbox, dead_letter, idempotent_answer TO %I', runtime);
    EXECUTE format('GRANT UPDATE (published_at, attempts, failed_at, last_error) ON outbox TO %I', runtime);
    EXECUTE format('GRANT UPDATE (redrives, state, settled_at, settled_by) ON dead_letter TO %I', runtime);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON timer TO %I', runtime);
    EXECUTE format('GRANT DELETE ON idempotent_answer TO %I', runtime);
END
$grants$;
