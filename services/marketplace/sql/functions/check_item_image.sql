-- An item shows images of its own seller that were not refused; what is attached is no orphan, and what is let go becomes one from then on.
CREATE OR REPLACE FUNCTION check_item_image() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    shown record;
BEGIN
    IF TG_OP = 'DELETE' THEN
        UPDATE image SET unattached_since = clock_timestamp() WHERE id = OLD.image_id;
        RETURN NULL;
    END IF;
    SELECT image.owner_id, image.state, item.seller_id INTO shown
    FROM image CROSS JOIN item WHERE image.id = NEW.image_id AND item.id = NEW.item_id;
    IF shown.owner_id IS DISTINCT FROM shown.seller_id THEN
        RAISE EXCEPTION 'item %: image % is another person''s', NEW.item_id, NEW.image_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'item_image_own';
    END IF;
    IF shown.state = 'REFUSED' THEN
        RAISE EXCEPTION 'item %: image % was refused', NEW.item_id, NEW.image_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'item_image_usable';
    END IF;
    UPDATE image SET unattached_since = NULL WHERE id = NEW.image_id;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER item_image_fits AFTER INSERT OR DELETE ON item_image
FOR EACH ROW EXECUTE FUNCTION check_item_image();
