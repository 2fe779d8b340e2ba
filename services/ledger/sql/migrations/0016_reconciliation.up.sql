-- Reconciliation: what banks and providers say happened, beside what was posted; each line and each entry is settled at most once.

CREATE TABLE reconciled_account (
    account_id uuid PRIMARY KEY REFERENCES account,
    -- The bank's credit is then the account's debit: a PROVIDER account owes what the bank holds.
    mirrored boolean NOT NULL,
    external_account text NOT NULL CONSTRAINT reconciled_account_external_length CHECK (
        length(external_account) <= 64
    ),
    collected_seq bigint NOT NULL DEFAULT 0 CONSTRAINT reconciled_account_collected CHECK (
        collected_seq >= 0
    ),
    opened_at timestamptz NOT NULL
);

CREATE TABLE reconciliation_setup (
    account_id uuid NOT NULL REFERENCES reconciled_account,
    version integer NOT NULL CONSTRAINT reconciliation_setup_version_positive CHECK (version > 0),
    csv_mapping jsonb,
    rules jsonb NOT NULL CONSTRAINT reconciliation_setup_rules_bounded CHECK (
        jsonb_typeof(rules) = 'array' AND jsonb_array_length(rules) <= 20
    ),
    group_days smallint CONSTRAINT reconciliation_setup_group_days_in_range CHECK (
        group_days BETWEEN 0 AND 31
    ),
    reference_key text NOT NULL CONSTRAINT reconciliation_setup_reference_key_length CHECK (
        length(reference_key) BETWEEN 1 AND 40
    ),
    write_off_limit_minor numeric(38, 0) NOT NULL
    CONSTRAINT reconciliation_setup_limit_not_negative CHECK (write_off_limit_minor >= 0),
    reason text NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, version)
);

CREATE TABLE bank_statement (
    account_id uuid NOT NULL REFERENCES reconciled_account,
    seq integer NOT NULL CONSTRAINT bank_statement_seq_positive CHECK (seq > 0),
    file_hash bytea NOT NULL CONSTRAINT bank_statement_file_hash_sized CHECK (
        length(file_hash) = 32
    ),
    place smallint NOT NULL CONSTRAINT bank_statement_place_positive CHECK (place > 0),
    file_name text NOT NULL,
    format text NOT NULL CONSTRAINT bank_statement_format_known CHECK (
        format IN ('csv', 'camt.053', 'mt940')
    ),
    statement_ref text NOT NULL,
    opening_minor numeric(38, 0) NOT NULL,
    closing_minor numeric(38, 0) NOT NULL,
    opened_on date NOT NULL,
    closed_on date NOT NULL,
    line_count integer NOT NULL CONSTRAINT bank_statement_line_count_bounded CHECK (
        line_count BETWEEN 0 AND 200000
    ),
    last_number bigint NOT NULL,
    imported_by uuid NOT NULL,
    imported_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, seq),
    CONSTRAINT bank_statement_imported_once UNIQUE (account_id, file_hash, place),
    CONSTRAINT bank_statement_ends_after_it_began CHECK (closed_on >= opened_on)
);

-- Lines of statements and entries of accounts, in the account's sign, side by side.
CREATE TABLE reconciliation_item (
    account_id uuid NOT NULL REFERENCES reconciled_account,
    side text NOT NULL CONSTRAINT reconciliation_item_side_known CHECK (side IN ('LINE', 'ENTRY')),
    number bigint NOT NULL CONSTRAINT reconciliation_item_number_positive CHECK (number > 0),
    amount_minor numeric(38, 0) NOT NULL CONSTRAINT reconciliation_item_amount_not_zero CHECK (
        amount_minor <> 0
    ),
    booked_on date NOT NULL,
    reference text NOT NULL,
    details text NOT NULL,
    statement_seq integer,
    transfer_id uuid,
    decision_id uuid,
    PRIMARY KEY (account_id, side, number),
    CONSTRAINT reconciliation_item_of_its_side CHECK (
        (side = 'LINE') = (statement_seq IS NOT NULL)
        AND (side = 'ENTRY') = (transfer_id IS NOT NULL)
    )
);

CREATE INDEX reconciliation_item_open ON reconciliation_item (account_id, side, number)
WHERE decision_id IS NULL;
CREATE INDEX reconciliation_item_open_reference ON reconciliation_item (
    account_id, side, reference, amount_minor
) WHERE decision_id IS NULL;
-- As expressions, so that each question finds its own index, whatever the statistics say.
CREATE INDEX reconciliation_item_open_amount ON reconciliation_item (
    account_id, side, (amount_minor + 0), booked_on
) WHERE decision_id IS NULL;
CREATE INDEX reconciliation_item_open_day ON reconciliation_item (
    account_id, side, (booked_on + 0)
) WHERE decision_id IS NULL;
CREATE INDEX reconciliation_item_decided ON reconciliation_item (decision_id)
WHERE decision_id IS NOT NULL;

CREATE TABLE reconciliation_run (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES reconciled_account,
    setup_version integer NOT NULL,
    state text NOT NULL CONSTRAINT reconciliation_run_state_known CHECK (
        state IN ('ACTIVE', 'PAUSED', 'DONE')
    ),
    phase smallint NOT NULL,
    cursor bigint NOT NULL,
    examined bigint NOT NULL,
    total bigint NOT NULL,
    matched jsonb NOT NULL,
    started_by uuid NOT NULL,
    started_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    FOREIGN KEY (account_id, setup_version) REFERENCES reconciliation_setup
);

CREATE UNIQUE INDEX reconciliation_run_one_at_a_time ON reconciliation_run (account_id)
WHERE state IN ('ACTIVE', 'PAUSED');
CREATE INDEX reconciliation_run_active ON reconciliation_run (changed_at) WHERE state = 'ACTIVE';

CREATE TABLE reconciliation_decision (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES reconciled_account,
    kind text NOT NULL CONSTRAINT reconciliation_decision_kind_known CHECK (
        kind IN ('MATCH', 'WRITE_OFF', 'IGNORE', 'UNDO')
    ),
    strategy text NOT NULL,
    line_count integer NOT NULL,
    entry_count integer NOT NULL,
    lines_minor numeric(38, 0) NOT NULL,
    entries_minor numeric(38, 0) NOT NULL,
    tolerance_minor numeric(38, 0) NOT NULL,
    written_off_minor numeric(38, 0),
    limit_minor numeric(38, 0),
    transfer_id uuid REFERENCES transfer,
    undoes uuid REFERENCES reconciliation_decision CONSTRAINT reconciliation_undone_once UNIQUE,
    run_id uuid REFERENCES reconciliation_run,
    reason text NOT NULL,
    decided_by uuid,
    approved_by uuid,
    decided_at timestamptz NOT NULL,
    CONSTRAINT reconciliation_decision_by_someone CHECK ((run_id IS NULL) = (decided_by IS NOT NULL)),
    CONSTRAINT reconciliation_decision_has_reason CHECK (run_id IS NOT NULL OR reason <> ''),
    CONSTRAINT reconciliation_decision_settles CHECK (
        CASE kind WHEN 'UNDO' THEN line_count + entry_count = 0
            WHEN 'IGNORE' THEN line_count + entry_count > 0
            ELSE line_count + entry_count > 1 END
    ),
    CONSTRAINT reconciliation_decision_undoes CHECK ((kind = 'UNDO') = (undoes IS NOT NULL)),
    CONSTRAINT reconciliation_decision_agrees CHECK (
        kind IN ('IGNORE', 'UNDO') OR abs(lines_minor - entries_minor) <= tolerance_minor
    ),
    CONSTRAINT reconciliation_tolerance_of_rules CHECK (
        tolerance_minor = 0 OR (tolerance_minor > 0 AND strategy LIKE 'rule:%')
    ),
    CONSTRAINT reconciliation_write_off_posted CHECK (
        (kind = 'WRITE_OFF') = (transfer_id IS NOT NULL)
        AND (kind = 'WRITE_OFF') = (written_off_minor > 0 AND limit_minor IS NOT NULL)
    ),
    CONSTRAINT reconciliation_write_off_four_eyes CHECK (
        kind <> 'WRITE_OFF' OR written_off_minor <= limit_minor
        OR (approved_by IS NOT NULL AND approved_by <> decided_by)
    )
);

CREATE INDEX reconciliation_decision_account ON reconciliation_decision (account_id, id);
CREATE INDEX reconciliation_decision_tolerant ON reconciliation_decision (account_id)
WHERE kind = 'MATCH' AND lines_minor <> entries_minor;

CREATE TABLE write_off_proposal (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES reconciled_account,
    lines bigint [] NOT NULL,
    entries bigint [] NOT NULL,
    amount_minor numeric(38, 0) NOT NULL,
    reason text NOT NULL,
    state text NOT NULL CONSTRAINT write_off_proposal_state_known CHECK (
        state IN ('PROPOSED', 'APPROVED', 'REJECTED')
    ),
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    decision_id uuid REFERENCES reconciliation_decision,
    CONSTRAINT write_off_proposal_decided CHECK (
        (state = 'PROPOSED') = (decided_by IS NULL)
        AND (state = 'APPROVED') = (decision_id IS NOT NULL)
    ),
    CONSTRAINT write_off_proposal_four_eyes CHECK (
        state <> 'APPROVED' OR decided_by <> proposed_by
    )
);

CREATE INDEX write_off_proposal_open ON write_off_proposal (account_id, id)
WHERE state = 'PROPOSED';

GRANT SELECT, INSERT ON reconciled_account, reconciliation_setup, bank_statement,
reconciliation_item, reconciliation_run, reconciliation_decision, write_off_proposal TO ledger;
GRANT UPDATE (collected_seq) ON reconciled_account TO ledger;
GRANT UPDATE (decision_id) ON reconciliation_item TO ledger;
GRANT UPDATE (state, phase, cursor, examined, total, matched, changed_at)
ON reconciliation_run TO ledger;
GRANT UPDATE (state, decided_by, decided_at, decision_id) ON write_off_proposal TO ledger;
