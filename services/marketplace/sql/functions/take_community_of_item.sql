-- What hangs on an item is of its community, whatever was written; on an item that the writer cannot see nothing is hung.
CREATE OR REPLACE FUNCTION take_community_of_item() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    SELECT community INTO NEW.community FROM item WHERE id = NEW.item_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION '%: there is no item %', TG_TABLE_NAME, NEW.item_id
            USING ERRCODE = 'foreign_key_violation', TABLE = TG_TABLE_NAME,
                CONSTRAINT = TG_TABLE_NAME || '_item_id_fkey';
    END IF;
    RETURN NEW;
END
$$;

-- The conditions name the column, so that this file fits no schema that lacks it.
CREATE OR REPLACE TRIGGER item_image_community BEFORE INSERT ON item_image
FOR EACH ROW WHEN (new.community IS DISTINCT FROM '') EXECUTE FUNCTION take_community_of_item();

CREATE OR REPLACE TRIGGER item_watch_community BEFORE INSERT ON item_watch
FOR EACH ROW WHEN (new.community IS DISTINCT FROM '') EXECUTE FUNCTION take_community_of_item();

CREATE OR REPLACE TRIGGER saved_search_match_community BEFORE INSERT ON saved_search_match
FOR EACH ROW WHEN (new.community IS DISTINCT FROM '') EXECUTE FUNCTION take_community_of_item();

CREATE OR REPLACE TRIGGER item_report_community BEFORE INSERT ON item_report
FOR EACH ROW EXECUTE FUNCTION take_community_of_item();

CREATE OR REPLACE TRIGGER item_decision_community BEFORE INSERT ON item_decision
FOR EACH ROW EXECUTE FUNCTION take_community_of_item();
