-- Takes away the newer policies and the history of all.

DROP TABLE account_policy_change;
ALTER TABLE account
DROP COLUMN soft_floor_minor,
DROP COLUMN velocity_seconds,
DROP COLUMN velocity_minor,
DROP COLUMN accepts_gifts,
DROP COLUMN policy_version,
DROP COLUMN policy_changed_at,
DROP COLUMN policy_changed_by,
DROP COLUMN policy_reason;
