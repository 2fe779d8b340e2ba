-- Transfers for later: kept until they are due, carried out once, and what became of each kept for ever.

CREATE TABLE scheduled_transfer (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    from_account uuid NOT NULL REFERENCES account,
    to_account uuid NOT NULL REFERENCES account,
    asset text NOT NULL REFERENCES asset,
    amount_minor numeric(38, 0) NOT NULL CONSTRAINT scheduled_transfer_amount_positive CHECK (
        amount_minor > 0
    ),
    memo text,
    effective_at timestamptz NOT NULL,
    state text NOT NULL CONSTRAINT scheduled_transfer_state_known CHECK (
        state IN ('PENDING', 'POSTED', 'FAILED', 'CANCELLED')
    ),
    transfer_id uuid CONSTRAINT scheduled_transfer_posted_once UNIQUE,
    problem text,
    detail text,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    version integer NOT NULL,
    correlation_id text,
    CONSTRAINT scheduled_transfer_within_horizon CHECK (
        effective_at > created_at AND effective_at <= created_at + interval '366 days'
    ),
    CONSTRAINT scheduled_transfer_leaves_its_account CHECK (to_account <> from_account),
    CONSTRAINT scheduled_transfer_posted_has_transfer CHECK (
        (state = 'POSTED') = (transfer_id IS NOT NULL)
    ),
    CONSTRAINT scheduled_transfer_failed_has_problem CHECK (
        (state = 'FAILED') = (problem IS NOT NULL)
    )
);

CREATE INDEX scheduled_transfer_owner ON scheduled_transfer (owner_id, id);
CREATE INDEX scheduled_transfer_pending_from ON scheduled_transfer (from_account)
WHERE state = 'PENDING';
CREATE INDEX scheduled_transfer_pending_to ON scheduled_transfer (to_account)
WHERE state = 'PENDING';
CREATE INDEX scheduled_transfer_pending_of ON scheduled_transfer (owner_id)
WHERE state = 'PENDING';

GRANT SELECT, INSERT ON scheduled_transfer TO ledger;
GRANT UPDATE (state, transfer_id, problem, detail, changed_at, version)
ON scheduled_transfer TO ledger;
