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

-- No foreign keys: parents are never deleted, so validate_entries() can check them set-wise.
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

-- The bodies are in functions/; these refuse everything until they are there.
CREATE FUNCTION validate_debit_balance() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'validate_debit_balance is not there yet'; END $$;

CREATE FUNCTION validate_entries() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'validate_entries is not there yet'; END $$;

CREATE FUNCTION validate_transaction_consistency() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'validate_transaction_consistency is not there yet'; END $$;

CREATE TRIGGER entry_debit_balance BEFORE INSERT ON entry
FOR EACH ROW WHEN (new.amount_minor < 0) EXECUTE FUNCTION validate_debit_balance();

CREATE TRIGGER entry_chain AFTER INSERT ON entry REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION validate_entries();

CREATE CONSTRAINT TRIGGER transfer_consistency AFTER INSERT ON transfer
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION validate_transaction_consistency();

CREATE TRIGGER transfer_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER entry_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refused_attempt_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON refused_attempt
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON transfer, entry, refused_attempt TO ledger;
