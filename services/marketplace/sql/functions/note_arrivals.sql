-- Notes items that are on offer now, or say something else now, for searches that people saved; a worker matches them.
CREATE OR REPLACE FUNCTION note_arrivals() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    -- A note that a worker holds is waited for: it may have read the item as it was before.
    IF TG_OP = 'INSERT' THEN
        INSERT INTO item_arrival (item_id)
        SELECT id FROM new_items
        WHERE status = 'active' AND NOT hidden
            AND EXISTS (SELECT FROM saved_search WHERE community = new_items.community)
        ORDER BY id
        ON CONFLICT (item_id) DO UPDATE SET arrived_at = clock_timestamp();
        RETURN NULL;
    END IF;
    INSERT INTO item_arrival (item_id)
    SELECT new_items.id
    FROM new_items
    INNER JOIN old_items ON new_items.id = old_items.id
    WHERE new_items.status = 'active' AND NOT new_items.hidden
        AND (
            old_items.status <> 'active' OR old_items.hidden
            OR (
                old_items.title, old_items.description, old_items.category_id, old_items.kind,
                old_items.pricing, old_items.price_minor, old_items.asset, old_items.brand,
                old_items.item_type
            ) IS DISTINCT FROM (
                new_items.title, new_items.description, new_items.category_id, new_items.kind,
                new_items.pricing, new_items.price_minor, new_items.asset, new_items.brand,
                new_items.item_type
            )
        )
        AND EXISTS (SELECT FROM saved_search WHERE community = new_items.community)
    ORDER BY new_items.id
    ON CONFLICT (item_id) DO UPDATE SET arrived_at = clock_timestamp();
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER item_arrived_when_new AFTER INSERT ON item
REFERENCING NEW TABLE AS new_items
FOR EACH STATEMENT EXECUTE FUNCTION note_arrivals();

CREATE OR REPLACE TRIGGER item_arrived_when_changed AFTER UPDATE ON item
REFERENCING OLD TABLE AS old_items NEW TABLE AS new_items
FOR EACH STATEMENT EXECUTE FUNCTION note_arrivals();
