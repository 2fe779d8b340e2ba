-- Refuses to bring back who was erased, and to erase somebody sooner than they were told.
CREATE OR REPLACE FUNCTION guard_erasing() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF OLD.deleted_at IS NOT NULL AND (
        NEW.deleted_at IS DISTINCT FROM OLD.deleted_at OR NEW.erase_at IS DISTINCT FROM OLD.erase_at
        OR NEW.display_name <> OLD.display_name
    ) THEN
        RAISE EXCEPTION '% was erased', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'users_erased_for_good';
    END IF;
    IF NEW.erase_at < OLD.erase_at THEN
        RAISE EXCEPTION '% was told a later time', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'users_erased_as_told';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER users_erasing_guarded BEFORE UPDATE ON users
FOR EACH ROW EXECUTE FUNCTION guard_erasing();
