-- Fees: price lists by date that are never edited, and the prices that people were promised.

CREATE TABLE fee_schedule (
    id uuid PRIMARY KEY,
    operation text NOT NULL CONSTRAINT fee_schedule_operation_form CHECK (
        operation ~ '^[a-z][a-z_.]{0,39}$'
    ),
    asset text REFERENCES asset,
    community text CONSTRAINT fee_schedule_community_length CHECK (
        length(community) BETWEEN 1 AND 64
    ),
    valid_from timestamptz NOT NULL,
    rules jsonb NOT NULL CONSTRAINT fee_schedule_one_rule_a_tier CHECK (
        jsonb_typeof(rules) = 'array' AND jsonb_array_length(rules) <= 5
    ),
    reason text NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT fee_schedule_one_version_a_time UNIQUE NULLS NOT DISTINCT (
        operation, asset, community, valid_from
    ),
    -- Processes read the lists every 5 seconds: all of them know a version before it is in force.
    CONSTRAINT fee_schedule_not_in_the_past CHECK (
        valid_from >= created_at + interval '10 seconds'
    )
);

CREATE TABLE fee_quote (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    operation text NOT NULL,
    asset text NOT NULL REFERENCES asset,
    community text NOT NULL,
    amount_minor numeric(38, 0) NOT NULL CONSTRAINT fee_quote_amount_positive CHECK (
        amount_minor > 0
    ),
    schedule_id uuid REFERENCES fee_schedule,
    items jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT fee_quote_expires_later CHECK (expires_at > created_at)
);

CREATE INDEX fee_quote_expires ON fee_quote (expires_at);

GRANT SELECT, INSERT ON fee_schedule TO ledger;
-- A promise that has expired may go.
GRANT SELECT, INSERT, DELETE ON fee_quote TO ledger;
