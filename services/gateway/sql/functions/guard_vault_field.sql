-- Nothing is written under a key that was destroyed, or under somebody else's.
CREATE OR REPLACE FUNCTION guard_vault_field() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM FROM vault_key
    WHERE user_id = NEW.user_id AND id = NEW.data_key_id AND destroyed_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user % has no key % that is whole', NEW.user_id, NEW.data_key_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'vault_field_key_whole';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER vault_field_guarded BEFORE INSERT OR UPDATE ON vault_field
FOR EACH ROW EXECUTE FUNCTION guard_vault_field();
