-- Credits are made within limits: up to one by a single operator, above it by two, and never more than another in a day of a community.

-- How much may be made; who owns the schema changes it, no service.
CREATE TABLE issuance_limit (
    asset text PRIMARY KEY REFERENCES asset,
    alone_max_minor numeric(38, 0) NOT NULL,
    day_max_minor numeric(38, 0) NOT NULL,
    CONSTRAINT issuance_limit_in_order CHECK (
        alone_max_minor > 0 AND day_max_minor >= alone_max_minor
    )
);

INSERT INTO issuance_limit (asset, alone_max_minor, day_max_minor)
SELECT code, 10000 * 10 ^ scale, 100000000 * 10 ^ scale FROM asset;

CREATE TABLE issuance_request (
    id uuid PRIMARY KEY,
    transfer_id uuid NOT NULL CONSTRAINT issuance_request_once UNIQUE,
    account_id uuid NOT NULL REFERENCES account,
    asset text NOT NULL REFERENCES asset,
    amount_minor numeric(38, 0) NOT NULL CONSTRAINT issuance_request_amount_positive CHECK (
        amount_minor > 0
    ),
    reason text NOT NULL,
    state text NOT NULL CONSTRAINT issuance_request_state_known CHECK (
        state IN ('WAITING', 'APPROVED', 'REJECTED')
    ),
    requested_by uuid NOT NULL,
    requested_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    CONSTRAINT issuance_request_decided CHECK (
        (state = 'WAITING') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)
    ),
    CONSTRAINT issuance_request_four_eyes CHECK (state <> 'APPROVED' OR decided_by <> requested_by)
);

CREATE INDEX issuance_request_waiting ON issuance_request (id) WHERE state = 'WAITING';

GRANT SELECT ON issuance_limit TO ledger;
GRANT SELECT, INSERT ON issuance_request TO ledger;
GRANT UPDATE (state, decided_by, decided_at) ON issuance_request TO ledger;
