-- Looks again at when a person's digest is due once they are in another zone.
CREATE OR REPLACE FUNCTION wake_digest() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    UPDATE notification_box SET digest_at = NULL WHERE user_id = NEW.user_id AND digest_waits;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER profile_wakes_digest AFTER INSERT OR UPDATE OF time_zone ON profile
FOR EACH ROW EXECUTE FUNCTION wake_digest();

-- Also holds the file back from a schema that has no boxes.
COMMENT ON COLUMN notification_box.digest_at IS 'When to look at what waits; nothing: now.';
