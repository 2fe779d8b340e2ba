-- Adds up old rows of the tally, a bounded number at a time; what they say together stays the same at every moment.
CREATE OR REPLACE FUNCTION fold_category_tally(rows_max integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    taken bigint;
BEGIN
    WITH crowded AS (
        SELECT community, category_id FROM category_tally
        GROUP BY community, category_id HAVING count(*) > 1
        ORDER BY count(*) DESC LIMIT 1000
    ), found AS (
        SELECT id FROM category_tally
        WHERE (community, category_id) IN (SELECT community, category_id FROM crowded)
        ORDER BY id LIMIT rows_max FOR UPDATE SKIP LOCKED
    ), folded AS (
        DELETE FROM category_tally WHERE id IN (SELECT id FROM found)
        RETURNING community, category_id, delta
    ), written AS (
        INSERT INTO category_tally (community, category_id, delta)
        SELECT community, category_id, sum(delta) FROM folded
        GROUP BY community, category_id HAVING sum(delta) <> 0
    )
    SELECT count(*) INTO taken FROM folded;
    RETURN taken;
END
$$;

REVOKE ALL ON FUNCTION fold_category_tally(integer) FROM public;
GRANT EXECUTE ON FUNCTION fold_category_tally(integer) TO marketplace;
