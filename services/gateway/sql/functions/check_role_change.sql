-- At the commit: whoever changed roles has left the trail of it, with who, when and why.
CREATE OR REPLACE FUNCTION check_role_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NEW.roles <> OLD.roles AND NOT EXISTS (
        SELECT FROM role_change
        WHERE user_id = NEW.id AND version = NEW.version AND before = OLD.roles AND after = NEW.roles
    ) THEN
        RAISE EXCEPTION 'the roles of % changed without a trail', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'users_role_change_kept';
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS users_role_change_kept ON users;
CREATE CONSTRAINT TRIGGER users_role_change_kept AFTER UPDATE ON users
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION check_role_change();
