-- Repairs of what is derived from the journal: who had what made anew, as it was and as it became.

CREATE TABLE projection_repair (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repaired_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    repaired_by text NOT NULL,
    projection text NOT NULL,
    key text NOT NULL,
    before jsonb,
    after jsonb
);

GRANT SELECT ON projection_repair TO ledger;

-- History of before that is being brought in: how far each file is, and which of its rows were refused.
-- Counts move in the transaction that posts the rows, so that none is posted twice and none is lost.
CREATE TABLE history_import (
    id uuid PRIMARY KEY,
    name text NOT NULL CONSTRAINT history_import_name_once UNIQUE CONSTRAINT history_import_name_length
    CHECK (length(name) BETWEEN 1 AND 100),
    kind text NOT NULL CONSTRAINT history_import_kind_known CHECK (kind IN ('TRANSFERS', 'OPENING')),
    community text NOT NULL CONSTRAINT history_import_community_length CHECK (
        length(community) BETWEEN 1 AND 64
    ),
    content_hash bytea,
    started_by uuid,
    started_at timestamptz NOT NULL,
    rows_done bigint NOT NULL,
    posted bigint NOT NULL,
    refused bigint NOT NULL,
    CONSTRAINT history_import_counts_fit CHECK (
        posted >= 0 AND refused >= 0 AND rows_done = posted + refused
    )
);

CREATE TABLE history_refusal (
    import_id uuid NOT NULL REFERENCES history_import,
    row_number bigint NOT NULL,
    line bigint NOT NULL,
    reference text,
    field text,
    rule text NOT NULL,
    message text NOT NULL,
    PRIMARY KEY (import_id, row_number)
);

GRANT SELECT, INSERT ON history_import, history_refusal TO ledger;
GRANT UPDATE (rows_done, posted, refused) ON history_import TO ledger;
