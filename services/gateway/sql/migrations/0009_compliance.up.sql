-- Whether a person was checked (KYC, AML, sanctions), what came of it, and overrides that take two people.

CREATE TABLE compliance_standing (
    user_id uuid PRIMARY KEY REFERENCES users (id),
    version integer NOT NULL CONSTRAINT compliance_standing_version_positive CHECK (version > 0),
    restricted boolean NOT NULL,
    changed_at timestamptz NOT NULL
);

CREATE TABLE compliance_check (
    user_id uuid NOT NULL REFERENCES compliance_standing (user_id),
    kind text NOT NULL CONSTRAINT compliance_check_kind_known CHECK (kind IN ('KYC', 'AML', 'SANCTIONS')),
    status text NOT NULL CONSTRAINT compliance_check_status_known CHECK (
        status IN ('PENDING', 'CLEAR', 'REVIEW', 'REFUSED', 'EXPIRED')
    ),
    provider text NOT NULL
    CONSTRAINT compliance_check_provider_bounded CHECK (length(provider) BETWEEN 1 AND 60),
    reference text CONSTRAINT compliance_check_reference_bounded CHECK (length(reference) <= 200),
    risk_score smallint CONSTRAINT compliance_check_risk_range CHECK (risk_score BETWEEN 0 AND 100),
    flags text [] NOT NULL DEFAULT '{}'
    CONSTRAINT compliance_check_flags_few CHECK (cardinality(flags) <= 20),
    checked_at timestamptz,
    expires_at timestamptz,
    -- The override that decided, where people did.
    override_id uuid,
    CONSTRAINT compliance_check_clear_ends CHECK (status <> 'CLEAR' OR expires_at IS NOT NULL),
    PRIMARY KEY (user_id, kind)
);

CREATE TABLE compliance_override (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    kind text NOT NULL,
    status text NOT NULL CONSTRAINT compliance_override_status_known CHECK (status IN ('CLEAR', 'REFUSED')),
    reason text NOT NULL
    CONSTRAINT compliance_override_reason_said CHECK (length(btrim(reason)) BETWEEN 10 AND 500),
    requested_by uuid NOT NULL,
    requested_at timestamptz NOT NULL,
    decision text
    CONSTRAINT compliance_override_decision_known CHECK (decision IN ('APPROVED', 'REJECTED')),
    decided_by uuid,
    decided_at timestamptz,
    CONSTRAINT compliance_override_of_check
    FOREIGN KEY (user_id, kind) REFERENCES compliance_check (user_id, kind),
    CONSTRAINT compliance_override_decided_whole CHECK (
        (decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL)
    ),
    CONSTRAINT compliance_override_four_eyes CHECK (decided_by <> requested_by),
    CONSTRAINT compliance_override_of_another CHECK (requested_by <> user_id AND decided_by <> user_id)
);

CREATE UNIQUE INDEX compliance_override_one_open ON compliance_override (user_id, kind)
WHERE decision IS NULL;

ALTER TABLE compliance_check ADD CONSTRAINT compliance_check_override
FOREIGN KEY (override_id) REFERENCES compliance_override (id);

GRANT SELECT, INSERT ON compliance_standing, compliance_check, compliance_override TO gateway;
GRANT UPDATE (version, restricted, changed_at) ON compliance_standing TO gateway;
GRANT UPDATE (
    status, provider, reference, risk_score, flags, checked_at, expires_at, override_id
) ON compliance_check TO gateway;
GRANT UPDATE (decision, decided_by, decided_at) ON compliance_override TO gateway;
