-- A community changes its state with its version; its name, and since when it is there, stay.
CREATE OR REPLACE FUNCTION guard_community() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF (NEW.slug, NEW.name, NEW.opened_at) <> (OLD.slug, OLD.name, OLD.opened_at)
        OR NEW.asset IS DISTINCT FROM OLD.asset OR NEW.opened_by IS DISTINCT FROM OLD.opened_by THEN
        RAISE EXCEPTION 'community % keeps its name', OLD.slug
            USING ERRCODE = 'check_violation', TABLE = 'community', CONSTRAINT = 'community_stays_itself';
    END IF;
    IF NEW.version <> OLD.version + 1 OR (NEW.state = OLD.state AND OLD.version > 0) THEN
        RAISE EXCEPTION 'community % changes its state with its version', OLD.slug
            USING ERRCODE = 'check_violation', TABLE = 'community',
                CONSTRAINT = 'community_state_has_versions';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER community_guarded BEFORE UPDATE ON community
FOR EACH ROW EXECUTE FUNCTION guard_community();
