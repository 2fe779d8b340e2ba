-- At commit: an item goes out of sight, and comes back, by an operator's decision on this version of it and not otherwise.
CREATE OR REPLACE FUNCTION check_item_hidden() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM item_decision
        WHERE item_id = NEW.id AND item_version = NEW.version
            AND decision = CASE WHEN NEW.hidden THEN 'hide' ELSE 'restore' END
    ) THEN
        RAISE EXCEPTION 'item %: nobody decided on its being in sight', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'item_hidden_by_decision';
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS item_hidden_by_decision ON item;
CREATE CONSTRAINT TRIGGER item_hidden_by_decision AFTER UPDATE OF hidden ON item
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (old.hidden <> new.hidden) EXECUTE FUNCTION check_item_hidden();
