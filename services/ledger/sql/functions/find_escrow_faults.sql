-- Escrows of which the journal says otherwise than they do; a page by id.
CREATE OR REPLACE FUNCTION find_escrow_faults(after uuid, most integer) RETURNS TABLE (
    examined bigint,
    next_id uuid,
    findings jsonb
)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    WITH page AS MATERIALIZED (
        SELECT * FROM escrow WHERE id > after ORDER BY id LIMIT most
    ), funded AS (
        SELECT c.id, t.kind, t.metadata ->> 'escrow_id' AS escrow_id, t.posted_at,
            a.owner_id AS payer_id, e.asset, e.amount_minor, (
                SELECT coalesce(-sum(o.amount_minor), 0) FROM entry AS o
                INNER JOIN account AS g ON g.id = o.account_id
                WHERE o.transfer_id = t.id AND g.type = 'GIFT' AND g.owner_id = a.owner_id
            ) AS gift
        FROM page AS c
        INNER JOIN transfer AS t ON t.id = c.funded_by
        INNER JOIN entry AS e ON e.transfer_id = t.id AND e.amount_minor > 0
        INNER JOIN account AS a ON a.id = e.account_id AND a.type = 'ESCROW'
    ), settled AS (
        SELECT c.id, min(t.kind) AS kind, min(t.metadata ->> 'escrow_id') AS escrow_id,
            min(t.posted_at) AS posted_at,
            sum(e.amount_minor) FILTER (WHERE a.type = 'FEES') AS fee,
            sum(e.amount_minor) FILTER (WHERE a.type IN ('MAIN', 'GIFT') AND a.owner_id = CASE c.state
                WHEN 'RELEASED' THEN c.payee_id ELSE c.payer_id END) AS paid,
            sum(e.amount_minor) FILTER (
                WHERE c.state = 'RELEASED' AND a.type IN ('MAIN', 'GIFT') AND a.owner_id = c.payer_id
            ) AS refunded,
            coalesce(sum(e.amount_minor) FILTER (WHERE a.type = 'GIFT'), 0) AS gift,
            sum(e.amount_minor) FILTER (WHERE a.type = 'ESCROW' AND a.owner_id = c.payer_id) AS taken
        FROM page AS c
        INNER JOIN transfer AS t ON t.id = c.settled_by
        INNER JOIN entry AS e ON e.transfer_id = t.id
        INNER JOIN account AS a ON a.id = e.account_id
        GROUP BY c.id
    ), found AS (
        SELECT c.id, 'the journal says otherwise of ' || nullif(concat_ws(
            ', ',
            CASE WHEN c.funded_by IS NOT NULL AND (
                f.kind IS DISTINCT FROM CASE WHEN c.gift_minor > 0 THEN 'gift.fund' ELSE 'escrow.fund' END OR f.escrow_id IS DISTINCT FROM c.id::text
            ) THEN 'funded_by' END,
            CASE WHEN f.payer_id <> c.payer_id THEN 'payer_id' END,
            CASE WHEN f.asset <> c.asset THEN 'asset' END,
            CASE WHEN f.amount_minor <> c.amount_minor THEN 'amount_minor' END,
            CASE WHEN f.gift <> c.gift_minor THEN 'gift_minor' END,
            CASE WHEN c.created_at <> f.posted_at THEN 'created_at' END,
            CASE WHEN c.settled_by IS NOT NULL AND (
                s.escrow_id IS DISTINCT FROM c.id::text
                OR -s.taken IS DISTINCT FROM c.amount_minor
            ) THEN 'settled_by' END,
            CASE WHEN s.kind <> CASE
                WHEN c.state <> 'RELEASED' AND c.gift_minor > 0 THEN 'gift.refund'
                WHEN c.state <> 'RELEASED' THEN 'escrow.refund'
                WHEN c.refunded_minor IS NULL THEN 'escrow.release'
                WHEN c.refunded_minor > c.amount_minor - c.gift_minor THEN 'gift.split'
                ELSE 'escrow.split' END THEN 'state' END,
            CASE WHEN s.gift <> CASE WHEN c.state <> 'RELEASED' THEN c.gift_minor
                ELSE greatest(coalesce(c.refunded_minor, 0) - c.amount_minor + c.gift_minor, 0) END
                THEN 'gift_minor, by what went back' END,
            CASE WHEN s.paid IS DISTINCT FROM c.amount_minor - coalesce(c.fee_minor, 0)
                - coalesce(c.refunded_minor, 0) AND c.settled_by IS NOT NULL THEN 'payee_id' END,
            CASE WHEN s.refunded IS DISTINCT FROM c.refunded_minor THEN 'refunded_minor' END,
            CASE WHEN c.state = 'RELEASED' AND coalesce(s.fee, 0) <> c.fee_minor
                THEN 'fee_minor' END,
            CASE WHEN c.changed_at <> coalesce(s.posted_at, f.posted_at) THEN 'changed_at' END,
            CASE WHEN c.funded_by IS NOT NULL
                AND c.version <> CASE c.state WHEN 'FUNDED' THEN 1 ELSE 2 END THEN 'version' END
        ), '') AS detail
        FROM page AS c
        LEFT JOIN funded AS f ON f.id = c.id
        LEFT JOIN settled AS s ON s.id = c.id
    )
    SELECT (SELECT count(*) FROM page) AS examined,
        (SELECT id FROM page ORDER BY id DESC LIMIT 1) AS next_id,
        (
            SELECT jsonb_agg(jsonb_build_array(id, detail)) FROM found WHERE detail IS NOT NULL
        ) AS findings;
$$;
