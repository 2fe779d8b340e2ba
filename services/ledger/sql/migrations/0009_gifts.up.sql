-- Gifts: each is a lot of a GIFT account, spent first from the lot that expires first; what is left of a lot when its time is over returns to its giver.

CREATE TABLE gift_lot (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account,
    giver_account uuid NOT NULL REFERENCES account,
    asset text NOT NULL REFERENCES asset,
    amount_minor numeric(38, 0) NOT NULL CONSTRAINT gift_lot_amount_positive CHECK (
        amount_minor > 0
    ),
    remaining_minor numeric(38, 0) NOT NULL CONSTRAINT gift_lot_remaining_in_range CHECK (
        remaining_minor BETWEEN 0 AND amount_minor
    ),
    state text NOT NULL CONSTRAINT gift_lot_state_known CHECK (
        state IN ('OPEN', 'SPENT', 'EXPIRED')
    ),
    memo text,
    given_at timestamptz NOT NULL,
    expires_at timestamptz,
    changed_at timestamptz NOT NULL,
    version integer NOT NULL,
    moved_by uuid NOT NULL,
    CONSTRAINT gift_lot_expires_after_it_was_given CHECK (expires_at > given_at),
    CONSTRAINT gift_lot_open_has_a_rest CHECK ((state = 'OPEN') = (remaining_minor > 0))
);

CREATE INDEX gift_lot_account ON gift_lot (account_id, id);
CREATE INDEX gift_lot_giver ON gift_lot (giver_account, id);
CREATE INDEX gift_lot_open ON gift_lot (account_id, expires_at, id) WHERE state = 'OPEN';
CREATE INDEX gift_lot_may_return ON gift_lot (giver_account)
WHERE state = 'OPEN' AND expires_at IS NOT NULL;

-- One row for each version of a lot: which transfer made it, and what that changed.
CREATE TABLE gift_lot_move (
    lot_id uuid NOT NULL,
    version integer NOT NULL,
    account_id uuid NOT NULL,
    transfer_id uuid NOT NULL,
    change_minor numeric(38, 0) NOT NULL CONSTRAINT gift_lot_move_not_zero CHECK (
        change_minor <> 0
    ),
    moved_at timestamptz NOT NULL,
    PRIMARY KEY (lot_id, version),
    CONSTRAINT gift_lot_move_once_a_transfer UNIQUE (transfer_id, lot_id)
);

GRANT SELECT, INSERT ON gift_lot TO ledger;
GRANT UPDATE (remaining_minor, state, version, moved_by, changed_at) ON gift_lot TO ledger;
GRANT SELECT ON gift_lot_move TO ledger;
