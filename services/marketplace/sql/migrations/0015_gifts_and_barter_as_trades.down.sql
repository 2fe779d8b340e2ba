-- Takes away gifts and barter as trades; refused while there are any, for nothing else would tell of their stock.

DO $$
BEGIN
    IF EXISTS (SELECT FROM trade WHERE kind <> 'sale') THEN
        RAISE EXCEPTION 'gifts or barters were traded: they would be sales without a price';
    END IF;
END
$$;

DROP TABLE trade_item;

ALTER TABLE trade
DROP CONSTRAINT trade_amount_positive,
DROP CONSTRAINT trade_gift_is_free,
DROP CONSTRAINT trade_given_in_barter,
DROP CONSTRAINT trade_sides_in_barter,
DROP COLUMN kind,
DROP COLUMN given,
DROP COLUMN seller_gave_at,
DROP COLUMN buyer_gave_at,
DROP COLUMN seller_got_at,
DROP COLUMN buyer_got_at,
ADD CONSTRAINT trade_amount_positive CHECK (amount_minor > 0);
