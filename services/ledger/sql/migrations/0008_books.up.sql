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
