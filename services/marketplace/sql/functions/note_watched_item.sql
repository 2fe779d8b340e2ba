-- Notes that a watched item may be cheaper or is sold, in the transaction in which it became so; a worker tells who watches.
CREATE OR REPLACE FUNCTION note_watched_item() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NEW.hidden OR NOT EXISTS (SELECT FROM item_watch WHERE item_id = NEW.id) THEN
        RETURN NULL;
    END IF;
    IF NEW.status = 'sold' AND OLD.status <> 'sold' THEN
        INSERT INTO watch_notice (item_id, kind) VALUES (NEW.id, 'sold')
        ON CONFLICT (item_id, kind) DO UPDATE SET told_until = NULL;
    ELSIF NEW.status IN ('active', 'reserved') AND NEW.pricing <> 'barter' THEN
        -- Who knows a price as low already is not told: the fan-out looks at each.
        INSERT INTO watch_notice (item_id, kind) VALUES (NEW.id, 'cheaper')
        ON CONFLICT (item_id, kind) DO UPDATE SET told_until = NULL;
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER item_watched AFTER UPDATE ON item
FOR EACH ROW WHEN (
    (old.status, old.hidden, old.pricing, old.price_minor)
    IS DISTINCT FROM (new.status, new.hidden, new.pricing, new.price_minor)
) EXECUTE FUNCTION note_watched_item();
