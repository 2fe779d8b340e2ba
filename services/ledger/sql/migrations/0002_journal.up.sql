-- Transfers and their entries: written once, never changed; the chain of an account's entries
-- is its balance.

CREATE TABLE transfer (
    id uuid PRIMARY KEY,
    kind text NOT NULL CONSTRAINT transfer_kind_form CHECK (kind ~ '^[a-z][a-z_.]{0,39}$'),
    entry_count smallint NOT NULL CONSTRAINT transfer_entry_count_in_range CHECK (
        entry_count BETWEEN 2 AND 1000
    ),
    effective_at timestamptz NOT NULL,
    posted_at timestamptz NOT NULL,
    reverses uuid,
    initiated_by uuid,
    correlation_id text,
    metadata jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT transfer_not_in_the_future CHECK (effective_at <= posted_at),
    CONSTRAINT transfer_reverses_another CHECK (reverses <> id)
);

CREATE INDEX transfer_reverses ON transfer (reverses) WHERE reverses IS NOT NULL;

-- No foreign keys: parents are never deleted, so validate_entries() can check them together.
CREATE TABLE entry (
    account_id uuid NOT NULL,
    account_seq bigint NOT NULL CONSTRAINT entry_account_seq_positive CHECK (account_seq > 0),
    transfer_id uuid NOT NULL,
    position smallint NOT NULL CONSTRAINT entry_position_positive CHECK (position > 0),
    asset text NOT NULL,
    amount_minor numeric(38, 0) NOT NULL CONSTRAINT entry_amount_not_zero CHECK (amount_minor <> 0),
    balance_after_minor numeric(38, 0) NOT NULL,
    held_after_minor numeric(38, 0) NOT NULL CONSTRAINT entry_held_not_negative CHECK (
        held_after_minor >= 0
    ),
    effective_at timestamptz NOT NULL,
    posted_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, account_seq),
    CONSTRAINT entry_transfer_position UNIQUE (transfer_id, position)
);

-- The newest entry at a time; and the few that were entered late, for balances by effective date.
CREATE INDEX entry_posted ON entry (account_id, posted_at, account_seq);
CREATE INDEX entry_backdated ON entry (account_id, effective_at) INCLUDE (posted_at, amount_minor)
WHERE effective_at < posted_at;

-- Transfers of this transaction that were not whole when written: examined at commit, then gone.
CREATE TABLE open_transfer (id uuid NOT NULL);

CREATE TABLE refused_attempt (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    attempted_at timestamptz NOT NULL,
    transfer_id uuid NOT NULL,
    kind text NOT NULL,
    initiated_by uuid,
    account_id uuid,
    asset text,
    rule text NOT NULL,
    limit_minor numeric(38, 0),
    beyond_minor numeric(39, 0),
    detail text NOT NULL,
    correlation_id text
);

CREATE INDEX refused_attempt_account ON refused_attempt (account_id, id);
CREATE INDEX refused_attempt_initiated_by ON refused_attempt (initiated_by, id);

GRANT SELECT, INSERT ON transfer, entry, refused_attempt TO ledger;
