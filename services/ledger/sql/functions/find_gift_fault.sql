-- The rule of gifts that a transfer breaks, if any; asked at commit. On each GIFT account it moves
-- what its lots do, so that lots always add up to the balance. A lot that rose since then was open
-- before by what it did not rise by.
CREATE OR REPLACE FUNCTION find_gift_fault(examined transfer) RETURNS text
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off
AS $$
BEGIN
    IF examined.reverses IS NOT NULL THEN
        RETURN 'gift_is_no_reversal';
    ELSIF EXISTS (
        SELECT FROM (
            SELECT e.account_id, e.amount_minor AS moved FROM entry AS e
            INNER JOIN account AS a ON a.id = e.account_id AND a.type = 'GIFT'
            WHERE e.transfer_id = examined.id
            UNION ALL
            SELECT m.account_id, -m.change_minor FROM gift_lot_move AS m
            WHERE m.transfer_id = examined.id
        ) AS both_sides
        GROUP BY both_sides.account_id HAVING sum(both_sides.moved) <> 0
    ) THEN
        RETURN 'gift_entry_of_lots';
    ELSIF examined.kind = 'gift.spend' AND EXISTS (
        SELECT FROM entry AS e
        INNER JOIN account AS a ON a.id = e.account_id
        WHERE e.transfer_id = examined.id AND e.amount_minor > 0 AND NOT a.accepts_gifts
    ) THEN
        RETURN 'gift_spent_where_accepted';
    ELSIF examined.kind IN ('gift.spend', 'gift.fund') AND EXISTS (
        SELECT FROM gift_lot_move AS m
        INNER JOIN gift_lot AS taken ON taken.id = m.lot_id
        INNER JOIN gift_lot AS earlier ON earlier.account_id = taken.account_id
            AND earlier.state = 'OPEN' AND earlier.id <> taken.id
            AND (coalesce(earlier.expires_at, 'infinity'), earlier.id)
                < (coalesce(taken.expires_at, 'infinity'), taken.id)
        WHERE m.transfer_id = examined.id AND earlier.given_at <= m.moved_at
            AND coalesce(earlier.expires_at, 'infinity') > m.moved_at
            AND earlier.remaining_minor > coalesce((
                SELECT sum(r.change_minor) FROM gift_lot_move AS r
                WHERE r.lot_id = earlier.id AND r.version > 1 AND r.change_minor > 0
                    AND r.moved_at >= m.moved_at
            ), 0)
    ) THEN
        RETURN 'gift_first_to_expire_first';
    ELSIF examined.kind = 'gift.expire' AND EXISTS (
        SELECT FROM gift_lot_move AS m
        INNER JOIN gift_lot AS l ON l.id = m.lot_id
        WHERE m.transfer_id = examined.id AND (l.state <> 'EXPIRED' OR NOT EXISTS (
            SELECT FROM entry AS e
            WHERE e.transfer_id = examined.id AND e.account_id = l.giver_account
                AND e.amount_minor = -m.change_minor
        ))
    ) THEN
        RETURN 'gift_expires_to_giver';
    ELSIF examined.kind = 'gift.give' AND EXISTS (
        SELECT FROM gift_lot_move AS m
        INNER JOIN gift_lot AS l ON l.id = m.lot_id
        WHERE m.transfer_id = examined.id AND NOT EXISTS (
            SELECT FROM entry AS e
            WHERE e.transfer_id = examined.id AND e.account_id = l.giver_account
                AND e.amount_minor < 0
        )
    ) THEN
        RETURN 'gift_given_by_giver';
    ELSIF examined.kind IN ('gift.give', 'gift.spend', 'gift.expire') AND EXISTS (
        SELECT FROM gift_lot_move AS m
        WHERE m.transfer_id = examined.id AND m.version > 1 AND m.change_minor > 0
    ) THEN
        RETURN 'gift_rises_from_escrow';
    ELSIF examined.kind IN ('gift.fund', 'gift.refund', 'gift.split') THEN
        RETURN find_gift_escrow_fault(examined);
    END IF;
    RETURN NULL;
END
$$;
