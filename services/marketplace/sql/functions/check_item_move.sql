-- Refuses a listing that begins elsewhere than it may, an illegal change of status, and a skipped version.
CREATE OR REPLACE FUNCTION check_item_move() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.version <> 1 OR NEW.status NOT IN ('draft', 'active') OR NEW.reserved + NEW.sold > 0
            OR NEW.hidden
        THEN
            RAISE EXCEPTION 'item %: begins as a draft or active, in sight, at version 1', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'item_beginning';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.version <> OLD.version + 1 THEN
        RAISE EXCEPTION 'item %: version % does not follow %', NEW.id, NEW.version, OLD.version
            USING ERRCODE = 'check_violation', CONSTRAINT = 'item_version_follows';
    END IF;
    IF NEW.status <> OLD.status AND NOT EXISTS (
        SELECT FROM item_move
        WHERE from_status = OLD.status AND to_status = NEW.status
    ) THEN
        RAISE EXCEPTION 'item %: % can''t become %', NEW.id, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'item_move_legal';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER item_move_legal BEFORE INSERT OR UPDATE ON item
FOR EACH ROW EXECUTE FUNCTION check_item_move();
