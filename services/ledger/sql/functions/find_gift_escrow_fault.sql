-- The rule that a transfer between gifts and an escrow breaks, if any; asked at commit. Gifts go into
-- an escrow of their owner's, as many as it says, and come back only into the lots they came from.
CREATE OR REPLACE FUNCTION find_gift_escrow_fault(examined transfer) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET enable_seqscan = off
AS $$
DECLARE
    concerned escrow;
    moved_minor numeric;
BEGIN
    SELECT c.* INTO concerned FROM escrow AS c
    WHERE c.id = (examined.metadata ->> 'escrow_id')::uuid
        AND examined.id = CASE examined.kind WHEN 'gift.fund' THEN c.funded_by ELSE c.settled_by END;
    SELECT coalesce(sum(m.change_minor), 0) INTO moved_minor
    FROM gift_lot_move AS m WHERE m.transfer_id = examined.id;
    IF concerned.id IS NULL THEN
        RETURN 'gift_of_escrow';
    ELSIF moved_minor = 0 OR moved_minor <> (CASE examined.kind
        WHEN 'gift.fund' THEN -concerned.gift_minor
        WHEN 'gift.refund' THEN concerned.gift_minor
        ELSE concerned.refunded_minor - concerned.amount_minor + concerned.gift_minor
    END) THEN
        RETURN 'gift_in_escrow_as_told';
    ELSIF EXISTS (
        SELECT FROM gift_lot_move AS m
        INNER JOIN account AS a ON a.id = m.account_id
        WHERE m.transfer_id = examined.id
            AND ((m.change_minor < 0) <> (examined.kind = 'gift.fund')
                OR a.owner_id <> concerned.payer_id OR a.asset <> concerned.asset)
    ) THEN
        RETURN 'gift_in_escrow_of_payer';
    ELSIF examined.kind <> 'gift.fund' AND EXISTS (
        SELECT FROM gift_lot_move AS m
        LEFT JOIN gift_lot_move AS f ON f.lot_id = m.lot_id AND f.transfer_id = concerned.funded_by
        WHERE m.transfer_id = examined.id AND m.change_minor > coalesce(-f.change_minor, 0)
    ) THEN
        RETURN 'gift_back_where_it_came_from';
    END IF;
    RETURN NULL;
END
$$;
