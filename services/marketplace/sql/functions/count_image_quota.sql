-- Counts what a person keeps, in the same transaction, under the lock of the person's row: the constraints of image_quota then hold under any race. A refused image keeps its place, without bytes, until it is deleted.
CREATE OR REPLACE FUNCTION count_image_quota() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    counted_id uuid;
    counted_community text;
    more_images integer := 0;
    more_bytes bigint := 0;
BEGIN
    IF TG_OP = 'INSERT' THEN
        counted_id := NEW.owner_id;
        counted_community := NEW.community;
        more_images := 1;
        more_bytes := NEW.size_bytes;
    ELSIF TG_OP = 'DELETE' THEN
        counted_id := OLD.owner_id;
        counted_community := OLD.community;
        more_images := -1;
        more_bytes := -OLD.size_bytes;
        IF TG_TABLE_NAME = 'image' THEN
            IF OLD.state = 'REFUSED' THEN
                more_bytes := 0;
            END IF;
        END IF;
    ELSE
        counted_id := NEW.owner_id;
        counted_community := NEW.community;
        more_bytes := -NEW.size_bytes;
    END IF;
    INSERT INTO image_quota (owner_id, community) VALUES (counted_id, counted_community)
    ON CONFLICT (owner_id) DO NOTHING;
    UPDATE image_quota SET images = images + more_images, bytes = bytes + more_bytes
    WHERE owner_id = counted_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'images of % are counted in another community', counted_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'image_quota_of_one_community';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER image_counted AFTER INSERT OR DELETE ON image
FOR EACH ROW EXECUTE FUNCTION count_image_quota();

CREATE OR REPLACE TRIGGER image_refused_counted AFTER UPDATE OF state ON image
FOR EACH ROW WHEN (old.state <> 'REFUSED' AND new.state = 'REFUSED')
EXECUTE FUNCTION count_image_quota();

CREATE OR REPLACE TRIGGER image_upload_counted AFTER INSERT OR DELETE ON image_upload
FOR EACH ROW EXECUTE FUNCTION count_image_quota();
