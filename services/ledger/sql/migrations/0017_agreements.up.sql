-- What was told of trades and of their escrows, side by side, and where they have disagreed for too long.

CREATE TABLE trade_agreement (
    trade_id uuid PRIMARY KEY,
    trade_version integer,
    trade_state text,
    trade_terms jsonb,
    trade_fee_minor numeric(38, 0),
    escrow_version integer,
    escrow_state text,
    escrow_terms jsonb,
    escrow_fee_minor numeric(38, 0),
    heard_at timestamptz NOT NULL,
    check_at timestamptz,
    CONSTRAINT trade_agreement_of_something CHECK (
        num_nonnulls(trade_version, escrow_version) > 0
    ),
    CONSTRAINT trade_agreement_sides_whole CHECK (
        num_nulls(trade_version, trade_state, trade_terms) IN (0, 3)
        AND num_nulls(escrow_version, escrow_state, escrow_terms) IN (0, 3)
    )
);

CREATE INDEX trade_agreement_check ON trade_agreement (check_at) WHERE check_at IS NOT NULL;

CREATE TABLE trade_difference (
    trade_id uuid NOT NULL REFERENCES trade_agreement,
    kind text NOT NULL CONSTRAINT trade_difference_kind_known CHECK (kind IN (
        'trade-without-escrow', 'escrow-without-trade', 'states-differ', 'terms-differ',
        'fees-differ'
    )),
    detail text NOT NULL,
    found_at timestamptz NOT NULL,
    resolved_at timestamptz,
    PRIMARY KEY (trade_id, kind, found_at),
    CONSTRAINT trade_difference_resolved_later CHECK (resolved_at >= found_at)
);

CREATE UNIQUE INDEX trade_difference_open ON trade_difference (trade_id, kind)
WHERE resolved_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON trade_agreement TO ledger;
GRANT SELECT, INSERT ON trade_difference TO ledger;
GRANT UPDATE (resolved_at) ON trade_difference TO ledger;
