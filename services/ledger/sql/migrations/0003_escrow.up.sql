-- Escrow: whose money waits for whom, and how it ended; only legal moves, whoever writes.

CREATE TABLE escrow (
    id uuid PRIMARY KEY,
    payer_id uuid,
    payee_id uuid,
    asset text,
    amount_minor numeric(38, 0) CONSTRAINT escrow_amount_positive CHECK (amount_minor > 0),
    fee_minor numeric(38, 0) CONSTRAINT escrow_fee_below_amount CHECK (
        fee_minor >= 0 AND fee_minor < amount_minor
    ),
    state text NOT NULL CONSTRAINT escrow_state_known CHECK (
        state IN ('FUNDED', 'REFUSED', 'RELEASED', 'REFUNDED')
    ),
    version integer NOT NULL CONSTRAINT escrow_version_positive CHECK (version > 0),
    funded_by uuid,
    settled_by uuid,
    reason text,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT escrow_terms_whole CHECK (
        num_nulls(payer_id, payee_id, asset, amount_minor) IN (0, 4)
    ),
    CONSTRAINT escrow_terms_known CHECK (state = 'REFUNDED' OR payer_id IS NOT NULL),
    CONSTRAINT escrow_two_people CHECK (payer_id <> payee_id OR state IN ('REFUSED', 'REFUNDED')),
    CONSTRAINT escrow_funded_moved CHECK (
        state NOT IN ('FUNDED', 'RELEASED') OR funded_by IS NOT NULL
    ),
    CONSTRAINT escrow_settled_moved CHECK (
        (state = 'RELEASED' OR (state = 'REFUNDED' AND funded_by IS NOT NULL))
        = (settled_by IS NOT NULL)
    ),
    CONSTRAINT escrow_fee_when_released CHECK ((state = 'RELEASED') = (fee_minor IS NOT NULL))
);

CREATE INDEX escrow_payer ON escrow (payer_id, id);

GRANT SELECT, INSERT ON escrow TO ledger;
GRANT UPDATE (
    payer_id, payee_id, asset, amount_minor, fee_minor, state, version, settled_by, reason,
    changed_at
) ON escrow TO ledger;
