-- Words that mean the same, as operators write them, effective within seconds; and who changed what, for good.

CREATE TABLE synonym_rule (
    rule_id uuid PRIMARY KEY,
    rule text NOT NULL CONSTRAINT synonym_rule_text_unique UNIQUE
    CONSTRAINT synonym_rule_text_bounded CHECK (length(rule) BETWEEN 3 AND 1300),
    -- A shipped rule has a row only when somebody has switched it.
    shipped boolean NOT NULL,
    active boolean NOT NULL,
    changed_by uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    reason text NOT NULL CONSTRAINT synonym_rule_reason_bounded CHECK (length(reason) <= 500)
);

-- One row: its version tells every process that its book is old, and its lock puts writers in turn.
CREATE TABLE synonym_stand (
    single boolean PRIMARY KEY DEFAULT TRUE CONSTRAINT synonym_stand_single CHECK (single),
    version bigint NOT NULL
);

INSERT INTO synonym_stand (version) VALUES (0);

CREATE TABLE synonym_change (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_id uuid NOT NULL,
    rule text NOT NULL,
    active boolean NOT NULL,
    changed_by uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    reason text NOT NULL
);

DO $grants$
DECLARE
    runtime text := current_schema();
BEGIN
    EXECUTE format('GRANT SELECT, INSERT ON synonym_rule TO %I', runtime);
    EXECUTE format(
        'GRANT UPDATE (active, changed_by, changed_at, reason) ON synonym_rule TO %I', runtime
    );
    EXECUTE format('GRANT SELECT, UPDATE ON synonym_stand TO %I', runtime);
    EXECUTE format('GRANT SELECT ON synonym_change TO %I', runtime);
END
$grants$;
