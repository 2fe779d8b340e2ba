-- Adds to the tally what a statement changed: how many items are on offer, by category and community.
CREATE OR REPLACE FUNCTION count_items_on_offer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO category_tally (community, category_id, delta)
        SELECT community, category_id, count(*) FROM new_items
        WHERE status = 'active' AND NOT hidden
        GROUP BY community, category_id;
        RETURN NULL;
    END IF;
    INSERT INTO category_tally (community, category_id, delta)
    SELECT community, category_id, sum(delta)
    FROM (
        SELECT community, category_id, 1 AS delta FROM new_items WHERE status = 'active' AND NOT hidden
        UNION ALL
        SELECT community, category_id, -1 FROM old_items WHERE status = 'active' AND NOT hidden
    ) AS changed
    GROUP BY community, category_id
    HAVING sum(delta) <> 0;
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION count_items_on_offer() FROM public;

CREATE OR REPLACE TRIGGER item_counted_when_new AFTER INSERT ON item
REFERENCING NEW TABLE AS new_items
FOR EACH STATEMENT EXECUTE FUNCTION count_items_on_offer();

CREATE OR REPLACE TRIGGER item_counted_when_changed AFTER UPDATE ON item
REFERENCING OLD TABLE AS old_items NEW TABLE AS new_items
FOR EACH STATEMENT EXECUTE FUNCTION count_items_on_offer();
