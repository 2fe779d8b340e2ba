-- An escrow as its transfers tell it: who paid how much of what, and how it ended. Payee and reason are
-- in no transfer before a release, and stay. An escrow that no transfer moved stays as it is.
CREATE OR REPLACE FUNCTION rebuild_escrow(wanted uuid) RETURNS TABLE (before jsonb, after jsonb)
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    SELECT to_jsonb(c) INTO before FROM escrow AS c WHERE c.id = wanted;
    UPDATE escrow AS c SET payer_id = f.payer_id, asset = f.asset, amount_minor = f.amount_minor,
        gift_minor = f.gift, funded_by = f.id, settled_by = s.id,
        created_at = f.posted_at, changed_at = coalesce(s.posted_at, f.posted_at),
        state = CASE WHEN s.kind IN ('escrow.refund', 'gift.refund') THEN 'REFUNDED' WHEN s.kind IS NOT NULL THEN 'RELEASED'
            ELSE 'FUNDED' END,
        payee_id = CASE WHEN s.kind NOT IN ('escrow.refund', 'gift.refund') THEN s.paid_to ELSE c.payee_id END,
        fee_minor = CASE WHEN s.kind NOT IN ('escrow.refund', 'gift.refund') THEN s.fee END,
        refunded_minor = CASE WHEN s.kind IN ('escrow.split', 'gift.split') THEN s.refunded END,
        version = CASE WHEN s.id IS NULL THEN 1 ELSE 2 END
    FROM (
        SELECT t.id, t.posted_at, a.owner_id AS payer_id, e.asset, e.amount_minor, (
            SELECT coalesce(-sum(o.amount_minor), 0) FROM entry AS o
            INNER JOIN account AS g ON g.id = o.account_id AND g.type = 'GIFT'
            WHERE o.transfer_id = t.id
        ) AS gift
        FROM transfer AS t
        INNER JOIN entry AS e ON e.transfer_id = t.id AND e.amount_minor > 0
        INNER JOIN account AS a ON a.id = e.account_id
        WHERE t.kind IN ('escrow.fund', 'gift.fund') AND t.metadata ->> 'escrow_id' = wanted::text
    ) AS f
    LEFT JOIN (
        SELECT t.id, t.kind, min(t.posted_at) AS posted_at,
            coalesce(sum(e.amount_minor) FILTER (WHERE a.type = 'FEES'), 0) AS fee,
            sum(e.amount_minor) FILTER (
                WHERE a.type IN ('MAIN', 'GIFT') AND a.owner_id = p.owner_id
            ) AS refunded,
            (array_agg(a.owner_id) FILTER (
                WHERE a.type = 'MAIN' AND a.owner_id <> p.owner_id
            ))[1] AS paid_to
        FROM transfer AS t
        INNER JOIN entry AS e ON e.transfer_id = t.id
        INNER JOIN account AS a ON a.id = e.account_id
        INNER JOIN entry AS o ON o.transfer_id = t.id AND o.amount_minor < 0
        INNER JOIN account AS p ON p.id = o.account_id
        WHERE t.kind IN (
            'escrow.release', 'escrow.split', 'escrow.refund', 'gift.split', 'gift.refund'
        )
            AND t.metadata ->> 'escrow_id' = wanted::text
        GROUP BY t.id, t.kind
    ) AS s ON true
    WHERE c.id = wanted;
    SELECT to_jsonb(c) INTO after FROM escrow AS c WHERE c.id = wanted;
    RETURN NEXT;
END
$$;

REVOKE EXECUTE ON FUNCTION rebuild_escrow(uuid) FROM public;
