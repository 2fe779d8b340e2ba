-- At commit: an item shows the READY images that are on it, no others and in their order.
CREATE OR REPLACE FUNCTION check_item_images_agree() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    checked_id uuid;
BEGIN
    IF TG_TABLE_NAME = 'item' THEN
        checked_id := NEW.id;
    ELSIF TG_TABLE_NAME = 'image' THEN
        SELECT item_id INTO checked_id FROM item_image WHERE image_id = NEW.id;
    ELSIF TG_OP = 'DELETE' THEN
        checked_id := OLD.item_id;
    ELSE
        checked_id := NEW.item_id;
    END IF;
    IF EXISTS (
        SELECT FROM item WHERE id = checked_id AND images IS DISTINCT FROM item_images(checked_id)
    ) THEN
        RAISE EXCEPTION 'item %: it does not show the images that are on it', checked_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'item_images_agree';
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS item_images_agree ON item;
CREATE CONSTRAINT TRIGGER item_images_agree AFTER INSERT OR UPDATE OF images ON item
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION check_item_images_agree();

DROP TRIGGER IF EXISTS item_image_agrees ON item_image;
CREATE CONSTRAINT TRIGGER item_image_agrees AFTER INSERT OR UPDATE OR DELETE ON item_image
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION check_item_images_agree();

DROP TRIGGER IF EXISTS image_of_item_agrees ON image;
CREATE CONSTRAINT TRIGGER image_of_item_agrees AFTER UPDATE OF state ON image
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION check_item_images_agree();
