-- Reservations: money set aside in an account's chain; what is held changes by entries, as balances do.

-- NULL where nothing is held or let go: entries of before, and their proofs, stay as they are.
ALTER TABLE entry ADD COLUMN held_minor numeric(38, 0) CONSTRAINT entry_held_not_zero CHECK (
    held_minor <> 0
);

ALTER TABLE entry DROP CONSTRAINT entry_amount_not_zero;

ALTER TABLE entry ADD CONSTRAINT entry_amount_not_zero CHECK (
    amount_minor <> 0 OR held_minor IS NOT NULL
);

-- To hold money takes one entry: it stays in its account.
ALTER TABLE transfer DROP CONSTRAINT transfer_entry_count_in_range;

ALTER TABLE transfer ADD CONSTRAINT transfer_entry_count_in_range CHECK (
    entry_count BETWEEN 1 AND 1000
);

CREATE TABLE reservation (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account,
    asset text NOT NULL REFERENCES asset,
    amount_minor numeric(38, 0) NOT NULL CONSTRAINT reservation_amount_positive CHECK (
        amount_minor > 0
    ),
    captured_minor numeric(38, 0) NOT NULL CONSTRAINT reservation_captured_not_negative CHECK (
        captured_minor >= 0
    ),
    released_minor numeric(38, 0) NOT NULL CONSTRAINT reservation_released_not_negative CHECK (
        released_minor >= 0
    ),
    state text NOT NULL CONSTRAINT reservation_state_known CHECK (
        state IN ('ACTIVE', 'COMPLETED', 'RELEASED', 'EXPIRED')
    ),
    to_account uuid REFERENCES account,
    memo text,
    created_by uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    version integer NOT NULL,
    moved_by uuid NOT NULL,
    CONSTRAINT reservation_expires_after_it_began CHECK (
        expires_at > created_at AND expires_at <= created_at + interval '30 days'
    ),
    CONSTRAINT reservation_leaves_its_account CHECK (to_account <> account_id),
    CONSTRAINT reservation_active_has_a_rest CHECK (
        state <> 'ACTIVE' OR (released_minor = 0 AND captured_minor < amount_minor)
    ),
    CONSTRAINT reservation_over_has_no_rest CHECK (
        state = 'ACTIVE' OR captured_minor + released_minor = amount_minor
    ),
    CONSTRAINT reservation_completed_was_captured CHECK (
        state <> 'COMPLETED' OR captured_minor > 0
    ),
    CONSTRAINT reservation_ended_let_go CHECK (
        state NOT IN ('RELEASED', 'EXPIRED') OR released_minor > 0
    )
);

CREATE INDEX reservation_account ON reservation (account_id, id);
CREATE INDEX reservation_active ON reservation (account_id) WHERE state = 'ACTIVE';

-- One row for each version of a reservation: which transfer made it, and what that changed.
CREATE TABLE reservation_move (
    reservation_id uuid NOT NULL,
    version integer NOT NULL,
    state text NOT NULL,
    account_id uuid NOT NULL,
    transfer_id uuid NOT NULL CONSTRAINT reservation_move_of_one_transfer UNIQUE,
    held_minor numeric(38, 0) NOT NULL,
    captured_minor numeric(38, 0) NOT NULL,
    moved_at timestamptz NOT NULL,
    PRIMARY KEY (reservation_id, version)
);

GRANT SELECT, INSERT ON reservation TO ledger;
GRANT UPDATE (captured_minor, released_minor, state, version, moved_by, changed_at)
ON reservation TO ledger;
GRANT SELECT ON reservation_move TO ledger;
