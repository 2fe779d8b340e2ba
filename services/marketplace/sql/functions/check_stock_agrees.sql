-- At commit: the pieces that an item holds back or has sold are those of its trades, so that none is promised twice.
CREATE OR REPLACE FUNCTION check_stock_agrees() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    checked_id uuid;
    stock record;
    promised bigint;
    released bigint;
BEGIN
    IF TG_TABLE_NAME = 'trade' THEN
        checked_id := NEW.item_id;
    ELSE
        checked_id := NEW.id;
    END IF;
    SELECT reserved, sold INTO stock FROM item WHERE id = checked_id;
    SELECT
        coalesce(sum(quantity) FILTER (WHERE state <> 'released'), 0),
        coalesce(sum(quantity) FILTER (WHERE state = 'released'), 0)
    INTO promised, released
    FROM trade
    WHERE item_id = checked_id
        AND state NOT IN ('offered', 'declined', 'cancelled', 'expired', 'refunded');
    IF (stock.reserved, stock.sold) IS DISTINCT FROM (promised, released) THEN
        RAISE EXCEPTION 'item %: % reserved and % sold, but its trades hold % and sold %',
            checked_id, stock.reserved, stock.sold, promised, released
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
