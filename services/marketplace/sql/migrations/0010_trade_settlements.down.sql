-- Forgets codes and parts; refused while a trade was split, whose sums would be wrong without.

DO $$
BEGIN
    IF EXISTS (SELECT FROM trade WHERE refund_minor IS NOT NULL) THEN
        RAISE EXCEPTION 'trades were split: what their buyers get back would be forgotten';
    END IF;
END
$$;

DROP TABLE trade_code;
ALTER TABLE trade DROP CONSTRAINT trade_fee_of_sellers_part;
ALTER TABLE trade DROP COLUMN refund_minor;
ALTER TABLE trade DROP COLUMN proven_at;
DELETE FROM trade_move
WHERE (from_state, to_state) IN (
    ('funded', 'funded'), ('handed_over', 'handed_over'), ('disputed', 'disputed')
);
