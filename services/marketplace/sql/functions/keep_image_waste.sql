-- Writes down which objects nothing needs any more when an image is settled or deleted, in the same transaction, so that none is forgotten.
CREATE OR REPLACE FUNCTION keep_image_waste() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO image_waste (path) VALUES ('quarantine/' || OLD.id) ON CONFLICT (path) DO NOTHING;
    IF TG_OP = 'DELETE' THEN
        INSERT INTO image_waste (path)
        SELECT 'images/' || OLD.hash || '/' || size || '.webp'
        FROM unnest(ARRAY['small', 'medium', 'large']) AS size
        WHERE OLD.hash IS NOT NULL
        ON CONFLICT (path) DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER image_settled_wasted AFTER UPDATE OF state ON image
FOR EACH ROW WHEN (old.state <> new.state) EXECUTE FUNCTION keep_image_waste();

CREATE OR REPLACE TRIGGER image_deleted_wasted AFTER DELETE ON image
FOR EACH ROW EXECUTE FUNCTION keep_image_waste();
