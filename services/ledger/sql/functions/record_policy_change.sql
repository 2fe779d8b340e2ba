-- Keeps each version of an account's policies; before the first change, those it was opened with.
-- What is brought in from a copy of the books brings its versions along, and must fit them. Runs as
-- its owner, so that nobody else needs to write there.
CREATE OR REPLACE FUNCTION record_policy_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    fault text;
BEGIN
    IF old.policy_version = 0 THEN
        fault := find_policy_fault(new);
        IF fault IS NOT NULL THEN
            RAISE EXCEPTION 'account %: %', new.id, fault
            USING ERRCODE = 'check_violation', TABLE = 'account',
                CONSTRAINT = 'account_policy_of_versions';
        END IF;
        RETURN NULL;
    END IF;
    INSERT INTO account_policy_change (
        account_id, version, floor_minor, soft_floor_minor, ceiling_minor, velocity_seconds,
        velocity_minor, accepts_gifts, frozen, closed, changed_at, changed_by, reason
    )
    SELECT old.id, old.policy_version, old.floor_minor, old.soft_floor_minor, old.ceiling_minor,
        old.velocity_seconds, old.velocity_minor, old.accepts_gifts, old.frozen, old.closed,
        old.created_at, NULL, 'opened'
    WHERE old.policy_version = 1
    ON CONFLICT DO NOTHING;
    INSERT INTO account_policy_change (
        account_id, version, floor_minor, soft_floor_minor, ceiling_minor, velocity_seconds,
        velocity_minor, accepts_gifts, frozen, closed, changed_at, changed_by, reason
    ) VALUES (
        new.id, new.policy_version, new.floor_minor, new.soft_floor_minor, new.ceiling_minor,
        new.velocity_seconds, new.velocity_minor, new.accepts_gifts, new.frozen, new.closed,
        new.policy_changed_at, new.policy_changed_by, new.policy_reason
    );
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER account_policy_recorded AFTER UPDATE ON account
FOR EACH ROW WHEN (new.policy_version <> old.policy_version)
EXECUTE FUNCTION record_policy_change();
