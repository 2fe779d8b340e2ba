-- Policies of accounts: a soft floor, the most that may leave in a time, who may be paid with gifts; each change is kept with who, when and why.

ALTER TABLE account
ADD COLUMN soft_floor_minor numeric(38, 0),
ADD COLUMN velocity_seconds integer [],
ADD COLUMN velocity_minor numeric(38, 0) [],
ADD COLUMN accepts_gifts boolean NOT NULL DEFAULT FALSE,
ADD COLUMN policy_version integer NOT NULL DEFAULT 1,
ADD COLUMN policy_changed_at timestamptz,
ADD COLUMN policy_changed_by uuid,
ADD COLUMN policy_reason text,
ADD CONSTRAINT account_soft_floor_not_below_floor CHECK (soft_floor_minor >= floor_minor),
ADD CONSTRAINT account_soft_floor_not_above_ceiling CHECK (soft_floor_minor <= ceiling_minor),
ADD CONSTRAINT account_velocity_form CHECK (
    (velocity_seconds IS NULL) = (velocity_minor IS NULL)
    AND cardinality(velocity_seconds) BETWEEN 1 AND 5
    AND cardinality(velocity_minor) = cardinality(velocity_seconds)
    AND array_position(velocity_seconds, NULL) IS NULL
    AND array_position(velocity_minor, NULL) IS NULL
    AND NOT 60 > any(velocity_seconds)
    AND NOT 2678400 < any(velocity_seconds)
    AND NOT 0 > any(velocity_minor)
),
ADD CONSTRAINT account_gifts_accepted_in_main CHECK (type = 'MAIN' OR NOT accepts_gifts);

CREATE TABLE account_policy_change (
    account_id uuid NOT NULL REFERENCES account,
    version integer NOT NULL,
    floor_minor numeric(38, 0),
    soft_floor_minor numeric(38, 0),
    ceiling_minor numeric(38, 0),
    velocity_seconds integer [],
    velocity_minor numeric(38, 0) [],
    accepts_gifts boolean NOT NULL,
    frozen boolean NOT NULL,
    closed boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by uuid,
    reason text NOT NULL,
    PRIMARY KEY (account_id, version)
);

GRANT SELECT ON account_policy_change TO ledger;
GRANT UPDATE (
    soft_floor_minor, velocity_seconds, velocity_minor, accepts_gifts, policy_version,
    policy_changed_at, policy_changed_by, policy_reason
) ON TABLE account TO ledger;
