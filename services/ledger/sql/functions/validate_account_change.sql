-- An account's policies may change; who it belongs to and what it holds never do. Each change of a
-- policy is a version; one whose writer gives no version is told by the database role. Version 0 is an
-- account that is brought in from a copy of the books: it gets its newest version at once, which
-- record_policy_change() holds against the versions before.
CREATE OR REPLACE FUNCTION validate_account_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    changes boolean := (
        new.floor_minor, new.soft_floor_minor, new.ceiling_minor, new.velocity_seconds,
        new.velocity_minor, new.accepts_gifts, new.frozen, new.closed
    ) IS DISTINCT FROM (
        old.floor_minor, old.soft_floor_minor, old.ceiling_minor, old.velocity_seconds,
        old.velocity_minor, old.accepts_gifts, old.frozen, old.closed
    );
    rule text;
BEGIN
    IF (new.id, new.type, new.asset, new.community, new.name, new.created_at)
        IS DISTINCT FROM (old.id, old.type, old.asset, old.community, old.name, old.created_at)
        OR new.owner_id IS DISTINCT FROM old.owner_id
    THEN
        RAISE EXCEPTION 'account %: identity, owner, type, asset and community never change', old.id
        USING ERRCODE = 'check_violation', TABLE = 'account', CONSTRAINT = tg_name;
    END IF;
    IF new.policy_version <> old.policy_version AND old.policy_version <> 0
        AND NOT (changes AND new.policy_version = old.policy_version + 1)
    THEN
        rule := 'account_policy_version_follows';
    ELSIF new.closed AND NOT old.closed AND (
        get_account_balance(old.id) <> 0 OR get_account_held(old.id, 'infinity') <> 0
    ) THEN
        rule := 'account_closed_is_empty';
    ELSIF new.closed AND NOT old.closed AND is_account_awaited(old.id) THEN
        rule := 'account_closed_is_not_awaited';
    ELSIF new.floor_minor IS DISTINCT FROM old.floor_minor AND new.floor_minor
        > get_account_balance(old.id) - get_account_held(old.id, 'infinity')
    THEN
        rule := 'account_floor_not_above_available';
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'account % holds money, is awaited or changes out of turn: %', old.id, rule
        USING ERRCODE = 'check_violation', TABLE = 'account', CONSTRAINT = rule;
    END IF;
    IF changes AND new.policy_version = old.policy_version THEN
        new.policy_version := old.policy_version + 1;
        new.policy_changed_at := clock_timestamp();
        new.policy_changed_by := NULL;
        new.policy_reason := 'by the database role ' || session_user;
    END IF;
    RETURN new;
END
$$;

CREATE OR REPLACE TRIGGER account_identity_never_changes BEFORE UPDATE ON account
FOR EACH ROW EXECUTE FUNCTION validate_account_change();
