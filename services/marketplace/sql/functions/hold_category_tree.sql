-- Whoever changes the tree waits for those who add to it, and the other way round: two moves at once could make a circle.
CREATE OR REPLACE FUNCTION hold_category_tree(alone boolean) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF alone THEN
        PERFORM pg_advisory_xact_lock(hashtext('marketplace.category'));
    ELSE
        PERFORM pg_advisory_xact_lock_shared(hashtext('marketplace.category'));
    END IF;
END
$$;
