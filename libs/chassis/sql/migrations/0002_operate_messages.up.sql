-- Gaps are parked, dead letters can be redriven, and every step of an operator is kept for good.

ALTER TABLE inbox DROP CONSTRAINT inbox_outcome_known;
ALTER TABLE inbox ADD CONSTRAINT inbox_outcome_known CHECK (
    outcome IN ('PROCESSED', 'REFUSED', 'FAILED', 'PARKED', 'STALE')
);

ALTER TABLE dead_letter DROP CONSTRAINT dead_letter_state_known;
ALTER TABLE dead_letter ADD CONSTRAINT dead_letter_state_known CHECK (
    state IN ('DEAD', 'WAITING', 'REDRIVEN', 'DISCARDED')
);
ALTER TABLE dead_letter ADD CONSTRAINT dead_letter_redrives_limited CHECK (redrives BETWEEN 0 AND 5);

CREATE INDEX dead_letter_open ON dead_letter (consumer, id) WHERE state IN ('DEAD', 'WAITING');

CREATE TABLE aggregate_head (
    consumer text NOT NULL,
    key text NOT NULL,
    version bigint NOT NULL CONSTRAINT aggregate_head_version_positive CHECK (version >= 0),
    PRIMARY KEY (consumer, key)
);

COMMENT ON TABLE aggregate_head IS
'How far a consumer that takes an aggregate''s versions in turn has come.';

CREATE TABLE parked_message (
    consumer text NOT NULL,
    key text NOT NULL,
    version bigint NOT NULL,
    event_day date NOT NULL,
    event_id uuid NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    headers jsonb NOT NULL,
    payload bytea NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, key, version)
);

CREATE INDEX parked_message_oldest ON parked_message (consumer, parked_at);

CREATE TABLE operator_action (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    acted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    acted_by text NOT NULL
    CONSTRAINT operator_action_by_bounded CHECK (length(acted_by) BETWEEN 1 AND 200),
    acted_as text NOT NULL DEFAULT session_user,
    action text NOT NULL
    CONSTRAINT operator_action_known CHECK (
        action IN ('dead.redrive', 'dead.discard', 'outbox.replay', 'saga.resume', 'saga.compensate')
    ),
    subject text NOT NULL
    CONSTRAINT operator_action_subject_bounded CHECK (length(subject) BETWEEN 1 AND 500),
    reason text CONSTRAINT operator_action_reason_bounded CHECK (length(reason) BETWEEN 1 AND 1000),
    touched bigint NOT NULL DEFAULT 1 CONSTRAINT operator_action_touched_positive CHECK (touched >= 0)
);

CREATE INDEX operator_action_recent ON operator_action (action, acted_at);

DO $grants$
DECLARE
    runtime text := current_schema();
BEGIN
    EXECUTE format('GRANT UPDATE (outcome, reason) ON inbox TO %I', runtime);
    EXECUTE format('GRANT UPDATE (reason, stack_digest) ON dead_letter TO %I', runtime);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON aggregate_head TO %I', runtime);
    EXECUTE format('GRANT SELECT, INSERT, DELETE ON parked_message TO %I', runtime);
    EXECUTE format('GRANT SELECT, INSERT ON operator_action TO %I', runtime);
    -- An operator reads, and acts through functions that keep what was done.
    GRANT SELECT ON dead_letter, parked_message, aggregate_head, operator_action, inbox TO localex_operator;
    GRANT SELECT (
        id, event_id, topic, key, part, created_at, published_at, attempts, failed_at, last_error
    ) ON outbox TO localex_operator;
END
$grants$;
