-- An account's policies may change; who it belongs to and what it holds never do.
CREATE OR REPLACE FUNCTION validate_account_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF (new.id, new.type, new.asset, new.community, new.name, new.created_at)
        IS DISTINCT FROM (old.id, old.type, old.asset, old.community, old.name, old.created_at)
        OR new.owner_id IS DISTINCT FROM old.owner_id
    THEN
        RAISE EXCEPTION 'account %: identity, owner, type, asset and community never change', old.id
        USING ERRCODE = 'check_violation', TABLE = 'account', CONSTRAINT = tg_name;
    END IF;
    IF new.closed AND NOT old.closed AND (
        get_account_balance(old.id) <> 0 OR get_account_held(old.id, 'infinity') <> 0
    ) THEN
        RAISE EXCEPTION 'account % holds money and cannot be closed', old.id
        USING ERRCODE = 'check_violation', TABLE = 'account', CONSTRAINT = 'account_closed_is_empty';
    END IF;
    RETURN new;
END
$$;

CREATE OR REPLACE TRIGGER account_identity_never_changes BEFORE UPDATE ON account
FOR EACH ROW EXECUTE FUNCTION validate_account_change();
