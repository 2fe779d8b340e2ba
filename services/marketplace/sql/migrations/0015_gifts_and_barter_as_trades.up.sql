-- Gifts and barter as trades: without a price, or with items given in exchange; in a barter both hand over.

ALTER TABLE trade
ADD COLUMN kind text NOT NULL DEFAULT 'sale' CONSTRAINT trade_kind_known CHECK (
    kind IN ('sale', 'gift', 'barter')
),
ADD COLUMN given jsonb NOT NULL DEFAULT '[]' CONSTRAINT trade_given_bounded CHECK (
    jsonb_typeof(given) = 'array' AND jsonb_array_length(given) <= 10
),
ADD COLUMN seller_gave_at timestamptz,
ADD COLUMN buyer_gave_at timestamptz,
ADD COLUMN seller_got_at timestamptz,
ADD COLUMN buyer_got_at timestamptz,
DROP CONSTRAINT trade_amount_positive,
ADD CONSTRAINT trade_amount_positive CHECK (
    amount_minor > 0 OR (amount_minor = 0 AND kind <> 'sale')
),
ADD CONSTRAINT trade_gift_is_free CHECK (kind <> 'gift' OR amount_minor = 0),
ADD CONSTRAINT trade_given_in_barter CHECK ((kind = 'barter') = (jsonb_array_length(given) > 0)),
ADD CONSTRAINT trade_sides_in_barter CHECK (
    kind = 'barter' OR num_nonnulls(seller_gave_at, buyer_gave_at, seller_got_at, buyer_got_at) = 0
);

COMMENT ON COLUMN trade.kind IS
'A sale is paid in credits; a gift is for nothing; in a barter the buyer gives items of their own.';
COMMENT ON COLUMN trade.given IS
'What the buyer of a barter gives: item, title as it was, pieces. `trade_item` has it as rows.';
COMMENT ON COLUMN trade.seller_gave_at IS 'When the seller of a barter said that they had handed over.';
COMMENT ON COLUMN trade.buyer_gave_at IS 'When the buyer of a barter said that they had handed over.';
COMMENT ON COLUMN trade.seller_got_at IS 'When the seller of a barter confirmed what they got.';
COMMENT ON COLUMN trade.buyer_got_at IS 'When the buyer of a barter confirmed what they got.';

CREATE TABLE trade_item (
    trade_id uuid NOT NULL REFERENCES trade (id),
    item_id uuid NOT NULL REFERENCES item (id),
    quantity integer NOT NULL CONSTRAINT trade_item_quantity_positive CHECK (quantity > 0),
    PRIMARY KEY (trade_id, item_id)
);

COMMENT ON TABLE trade_item IS
'Which items the buyer of a barter gives, so that their stock is counted: the database writes it.';

CREATE INDEX trade_item_of_item ON trade_item (item_id);

GRANT SELECT ON trade_item TO marketplace;
GRANT UPDATE (seller_gave_at, buyer_gave_at, seller_got_at, buyer_got_at) ON trade TO marketplace;
