-- Writes what the buyer of a barter gives as rows: other items than the wanted one, the buyer's own, each once.
-- Runs as its owner, so that nobody else needs to write there.
CREATE OR REPLACE FUNCTION write_trade_items() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO trade_item (trade_id, item_id, quantity)
    SELECT NEW.id, (g.piece ->> 'item_id')::uuid, (g.piece ->> 'quantity')::integer
    FROM jsonb_array_elements(NEW.given) AS g (piece);
    IF EXISTS (
        SELECT FROM trade_item AS t
        -- An item that the writer cannot see is of another community.
        LEFT JOIN item AS i ON i.id = t.item_id
        WHERE t.trade_id = NEW.id AND (
            i.id IS NULL OR i.id = NEW.item_id OR i.seller_id <> NEW.buyer_id OR i.community <> NEW.community
        )
    ) THEN
        RAISE EXCEPTION 'trade %: a buyer gives items of their own', NEW.id
            USING ERRCODE = 'check_violation', TABLE = 'trade', CONSTRAINT = 'trade_given_by_buyer';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER trade_given_written AFTER INSERT ON trade
FOR EACH ROW WHEN (new.given <> '[]'::jsonb) EXECUTE FUNCTION write_trade_items();
