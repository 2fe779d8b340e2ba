-- Who did what, kept for good: events that are only ever added, chained by one writer, and what was signed of the chain.

CREATE TABLE audit_event (
    id uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    recorded_as text NOT NULL DEFAULT session_user,
    action text NOT NULL
    CONSTRAINT audit_event_action_form CHECK (length(action) BETWEEN 1 AND 120),
    actor_id uuid,
    actor_name text CONSTRAINT audit_event_actor_name_bounded CHECK (length(actor_name) BETWEEN 1 AND 200),
    entity text NOT NULL CONSTRAINT audit_event_entity_form CHECK (entity ~ '^[a-z][a-z_]{0,62}$'),
    entity_id text NOT NULL
    CONSTRAINT audit_event_entity_id_bounded CHECK (length(entity_id) BETWEEN 1 AND 500),
    before jsonb CONSTRAINT audit_event_before_bounded CHECK (pg_column_size(before) <= 65536),
    after jsonb CONSTRAINT audit_event_after_bounded CHECK (pg_column_size(after) <= 65536),
    reason text CONSTRAINT audit_event_reason_bounded CHECK (length(reason) <= 1000),
    address text CONSTRAINT audit_event_address_bounded CHECK (length(address) <= 64),
    agent text CONSTRAINT audit_event_agent_bounded CHECK (length(agent) <= 300),
    session_id uuid,
    correlation_id text CONSTRAINT audit_event_correlation_bounded CHECK (length(correlation_id) <= 64),
    PRIMARY KEY (recorded_at, id)
) PARTITION BY RANGE (recorded_at);

COMMENT ON TABLE audit_event IS
'What people with power did, and what matters for security. Only ids and figures: nothing personal.';

CREATE INDEX audit_event_entity ON audit_event (entity, entity_id, recorded_at);
CREATE INDEX audit_event_actor ON audit_event (actor_id, recorded_at) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_event_id ON audit_event (id);

CREATE TABLE audit_event_default PARTITION OF audit_event DEFAULT;

CREATE TABLE audit_pending (
    recorded_at timestamptz NOT NULL,
    event_id uuid NOT NULL,
    PRIMARY KEY (recorded_at, event_id)
);

COMMENT ON TABLE audit_pending IS 'Events that have no place in the chain yet.';

CREATE TABLE audit_seal (
    seq bigint PRIMARY KEY CONSTRAINT audit_seal_seq_positive CHECK (seq > 0),
    recorded_at timestamptz NOT NULL,
    event_id uuid NOT NULL,
    hash bytea NOT NULL CONSTRAINT audit_seal_hash_length CHECK (octet_length(hash) = 32),
    sealed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT audit_seal_once UNIQUE (event_id)
);

COMMENT ON TABLE audit_seal IS
'The chain: each hash is over the one before it, the place and the whole of the event.';

CREATE TABLE audit_checkpoint (
    size bigint PRIMARY KEY CONSTRAINT audit_checkpoint_sealed REFERENCES audit_seal (seq),
    root bytea NOT NULL CONSTRAINT audit_checkpoint_root_length CHECK (octet_length(root) = 32),
    note text NOT NULL CONSTRAINT audit_checkpoint_note_bounded CHECK (length(note) BETWEEN 1 AND 4000),
    signed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

DO $first_months$
DECLARE
    month timestamptz;
BEGIN
    FOR month IN SELECT date_trunc('month', now(), 'UTC') + interval '1 month' * n FROM generate_series(0, 1) AS n
    LOOP
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF audit_event FOR VALUES FROM (%L) TO (%L)',
            'audit_event_' || to_char(month AT TIME ZONE 'UTC', 'YYYYMM'), month, month + interval '1 month'
        );
    END LOOP;
END
$first_months$;

DO $grants$
DECLARE
    runtime text := current_schema();
BEGIN
    -- When and as whom it was written is not the writer's to say.
    EXECUTE format(
        'GRANT INSERT (id, action, actor_id, actor_name, entity, entity_id, before, after, reason, address, '
        'agent, session_id, correlation_id) ON audit_event TO %I', runtime
    );
    EXECUTE format('GRANT SELECT ON audit_event, audit_pending, audit_seal, audit_checkpoint TO %I', runtime);
    EXECUTE format('GRANT INSERT (size, root, note) ON audit_checkpoint TO %I', runtime);
    GRANT SELECT ON audit_event, audit_pending, audit_seal, audit_checkpoint TO localex_operator;
END
$grants$;
