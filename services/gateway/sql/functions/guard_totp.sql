-- Refuses to change a confirmed secret under its owner's feet, and to take a code twice.
CREATE OR REPLACE FUNCTION guard_totp() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF OLD.confirmed_at IS NOT NULL AND (
        NEW.sealed <> OLD.sealed OR NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at
    ) AND NEW.key_id = OLD.key_id THEN
        RAISE EXCEPTION 'a confirmed secret is not changed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'totp_confirmed_stays';
    END IF;
    IF OLD.confirmed_at IS NOT NULL AND NEW.last_step <= OLD.last_step AND NEW.key_id = OLD.key_id THEN
        RAISE EXCEPTION 'a code is good once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'totp_code_once';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER totp_guarded BEFORE UPDATE ON totp
FOR EACH ROW EXECUTE FUNCTION guard_totp();
