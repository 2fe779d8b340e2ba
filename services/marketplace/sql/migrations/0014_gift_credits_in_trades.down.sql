-- Forgets which trades are paid with gift credits; refused while one of them is under way.

DO $$
BEGIN
    IF EXISTS (
        SELECT FROM trade WHERE gift_minor > 0
            AND state IN ('offered', 'accepted', 'funded', 'handed_over', 'confirmed', 'disputed', 'refunding')
    ) THEN
        RAISE EXCEPTION 'trades with gift credits are under way: let them end first';
    END IF;
END
$$;

ALTER TABLE trade DROP COLUMN gift_minor;
