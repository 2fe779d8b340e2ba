-- At commit: the pieces that an item holds back or has sold are those of its trades, as what is wanted or as what is
-- given in a barter, so that none is promised twice.
CREATE OR REPLACE FUNCTION check_stock_agrees() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    checked_ids uuid [];
    wrong record;
BEGIN
    IF TG_TABLE_NAME = 'trade' THEN
        checked_ids := array_append(
            ARRAY(SELECT t.item_id FROM trade_item AS t WHERE t.trade_id = NEW.id), NEW.item_id
        );
    ELSE
        checked_ids := ARRAY[NEW.id];
    END IF;
    SELECT i.id, i.reserved, i.sold, p.promised, p.released INTO wrong
    FROM unnest(checked_ids) AS c (id)
    INNER JOIN item AS i ON i.id = c.id
    CROSS JOIN LATERAL (
        SELECT
            coalesce(sum(x.quantity) FILTER (WHERE x.state <> 'released'), 0) AS promised,
            coalesce(sum(x.quantity) FILTER (WHERE x.state = 'released'), 0) AS released
        FROM (
            SELECT t.quantity, t.state FROM trade AS t
            WHERE t.item_id = c.id
                AND t.state NOT IN ('offered', 'declined', 'cancelled', 'expired', 'refunded')
            UNION ALL
            SELECT g.quantity, t.state FROM trade_item AS g
            INNER JOIN trade AS t ON t.id = g.trade_id
            WHERE g.item_id = c.id
                AND t.state NOT IN ('offered', 'declined', 'cancelled', 'expired', 'refunded')
        ) AS x
    ) AS p
    WHERE (i.reserved, i.sold) IS DISTINCT FROM (p.promised, p.released)
    LIMIT 1;
    IF wrong.id IS NOT NULL THEN
        RAISE EXCEPTION 'item %: % reserved and % sold, but its trades hold % and sold %',
            wrong.id, wrong.reserved, wrong.sold, wrong.promised, wrong.released
            USING ERRCODE = 'check_violation', CONSTRAINT = 'item_stock_agrees';
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS trade_stock_agrees ON trade;
CREATE CONSTRAINT TRIGGER trade_stock_agrees AFTER UPDATE OF state ON trade
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (old.state <> new.state) EXECUTE FUNCTION check_stock_agrees();

DROP TRIGGER IF EXISTS item_stock_agrees ON item;
CREATE CONSTRAINT TRIGGER item_stock_agrees AFTER UPDATE OF reserved, sold ON item
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (old.reserved <> new.reserved OR old.sold <> new.sold)
EXECUTE FUNCTION check_stock_agrees();
