-- A key that was destroyed stays destroyed, and no other takes its place; a key's identity never changes.
CREATE OR REPLACE FUNCTION guard_vault_key() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'keys of the vault are destroyed, not deleted'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'vault_key_kept';
    END IF;
    IF OLD.destroyed_at IS NOT NULL OR NEW.id <> OLD.id OR NEW.user_id <> OLD.user_id THEN
        RAISE EXCEPTION 'the key of user % was destroyed, or would become another', OLD.user_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'vault_key_stays_destroyed';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER vault_key_guarded BEFORE UPDATE OR DELETE ON vault_key
FOR EACH ROW EXECUTE FUNCTION guard_vault_key();
