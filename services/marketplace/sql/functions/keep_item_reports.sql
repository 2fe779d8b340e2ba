-- A report is decided on once; what was decided is not taken back from it.
CREATE OR REPLACE FUNCTION keep_item_reports() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    -- Words of who is erased go; that somebody reported it stays.
    IF NEW.details IS NULL AND OLD.details IS NOT NULL AND NEW.decision_id IS NOT DISTINCT FROM OLD.decision_id
    THEN
        RETURN NEW;
    END IF;
    IF OLD.decision_id IS NOT NULL OR NOT EXISTS (
        SELECT FROM item_decision WHERE id = NEW.decision_id AND item_id = OLD.item_id
    ) THEN
        RAISE EXCEPTION 'report %: is decided on once, by a decision on its item', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'item_report_decided_once';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER item_report_decided_once BEFORE UPDATE ON item_report
FOR EACH ROW EXECUTE FUNCTION keep_item_reports();
