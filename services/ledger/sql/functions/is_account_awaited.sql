-- Whether money is still to come to or to leave an account by what was agreed before: a transfer for
-- later, a gift whose rest would return to it, or one that an escrow may give back.
CREATE OR REPLACE FUNCTION is_account_awaited(account uuid) RETURNS boolean
LANGUAGE plpgsql STABLE STRICT
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM scheduled_transfer AS s
        WHERE s.state = 'PENDING' AND s.from_account = is_account_awaited.account
        UNION ALL
        SELECT FROM scheduled_transfer AS s
        WHERE s.state = 'PENDING' AND s.to_account = is_account_awaited.account
        UNION ALL
        SELECT FROM gift_lot AS l
        WHERE l.state = 'OPEN' AND l.expires_at IS NOT NULL
            AND l.giver_account = is_account_awaited.account
        UNION ALL
        SELECT FROM gift_lot AS l
        INNER JOIN gift_lot_move AS m ON m.lot_id = l.id
        INNER JOIN escrow AS c ON c.funded_by = m.transfer_id
            AND c.state = 'FUNDED' AND c.gift_minor > 0
        WHERE l.expires_at IS NOT NULL AND l.giver_account = is_account_awaited.account
    );
END
$$;
