-- An index made anew from the topic while the old one serves: how far it is, so that a crash goes on where it stopped.

CREATE TABLE reindexing (
    reindexing_id uuid PRIMARY KEY,
    cause text NOT NULL CONSTRAINT reindexing_cause_known CHECK (
        cause IN ('asked', 'lost', 'mapping')
    ),
    state text NOT NULL CONSTRAINT reindexing_state_known CHECK (
        state IN ('filling', 'checking', 'switching', 'done', 'failed')
    ),
    index_name text NOT NULL,
    -- The engine's own id of the index that was found filled or being filled.
    index_uuid text,
    positions jsonb NOT NULL,
    ends jsonb NOT NULL,
    documents bigint NOT NULL CONSTRAINT reindexing_documents_not_negative CHECK (documents >= 0),
    detail text NOT NULL,
    asked_by uuid,
    started_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    ended_at timestamptz,
    -- Who works on it, as long as this has not passed.
    leased_until timestamptz NOT NULL,
    CONSTRAINT reindexing_ended_when_over CHECK (
        (ended_at IS NOT NULL) = (state IN ('done', 'failed'))
    )
);

-- One at a time.
CREATE UNIQUE INDEX reindexing_open ON reindexing ((TRUE)) WHERE ended_at IS NULL;
CREATE INDEX reindexing_of_index ON reindexing (index_uuid);

DO $grants$
DECLARE
    runtime text := current_schema();
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON reindexing TO %I', runtime);
END
$grants$;
