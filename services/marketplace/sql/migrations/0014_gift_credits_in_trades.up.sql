-- An offer says what of its price is paid with gift credits, where the item takes them.

ALTER TABLE trade
ADD COLUMN gift_minor numeric(38, 0) NOT NULL DEFAULT 0 CONSTRAINT trade_gift_not_negative CHECK (
    gift_minor >= 0
);

COMMENT ON COLUMN trade.gift_minor IS
'What of the price gift credits pay at most: all of it, when the price came down to less.';
