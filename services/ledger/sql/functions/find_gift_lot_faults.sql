-- Gifts that are not the sum of their moves or not what their transfer says, and moves that their
-- transfer did not make; a page by id. When something moved is told by the clock of whoever moved it,
-- which may be behind the chain's; what expires together is posted at the newest time of its chains.
CREATE OR REPLACE FUNCTION find_gift_lot_faults(after uuid, most integer) RETURNS TABLE (
    examined bigint,
    next_id uuid,
    findings jsonb
)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    WITH page AS MATERIALIZED (
        SELECT * FROM gift_lot WHERE id > after ORDER BY id LIMIT most
    ), reach AS MATERIALIZED (
        SELECT count(*) AS examined, CASE WHEN count(*) = most THEN (
            SELECT last.id FROM page AS last ORDER BY last.id DESC LIMIT 1
        ) END AS until
        FROM page
    ), moves AS MATERIALIZED (
        SELECT m.*, t.kind, t.posted_at, t.metadata, e.asset, e.amount_minor AS entry_amount,
            (
                SELECT sum(o.change_minor) FROM gift_lot_move AS o
                WHERE o.transfer_id = m.transfer_id AND o.account_id = m.account_id
            ) AS moved_together
        FROM gift_lot_move AS m
        LEFT JOIN transfer AS t ON t.id = m.transfer_id
        LEFT JOIN entry AS e ON e.transfer_id = m.transfer_id AND e.account_id = m.account_id
        WHERE m.lot_id > after
            AND m.lot_id <= (
                SELECT coalesce(r.until, 'ffffffff-ffff-ffff-ffff-ffffffffffff') FROM reach AS r
            )
    ), sums AS (
        SELECT m.lot_id, count(*) AS versions, max(m.version) AS newest,
            sum(m.change_minor) AS remaining, max(m.account_id::text)::uuid AS account_id,
            (array_agg(m.change_minor ORDER BY m.version))[1] AS amount,
            (array_agg(m.moved_at ORDER BY m.version))[1] AS given_at,
            (array_agg(m.transfer_id ORDER BY m.version))[1] AS given_by,
            (array_agg(m.asset ORDER BY m.version))[1] AS asset,
            (array_agg(m.metadata ORDER BY m.version))[1] AS said,
            (array_agg(m.kind ORDER BY m.version DESC))[1] AS kind,
            (array_agg(m.transfer_id ORDER BY m.version DESC))[1] AS moved_by,
            (array_agg(m.moved_at ORDER BY m.version DESC))[1] AS changed_at
        FROM moves AS m GROUP BY m.lot_id
    ), found AS (
        SELECT m.lot_id AS id, 'version ' || m.version || ': ' || CASE
            WHEN m.entry_amount IS NULL THEN 'no transfer moved it'
            WHEN m.moved_together <> m.entry_amount THEN 'its transfer moved something else'
            WHEN m.kind NOT IN (
                'gift.give', 'gift.spend', 'gift.expire', 'gift.fund', 'gift.refund', 'gift.split'
            )
                OR (m.kind = 'gift.give') <> (m.version = 1)
                OR (m.kind IN ('gift.give', 'gift.expire')
                    AND m.metadata ->> 'gift_id' <> m.lot_id::text)
                OR (m.change_minor > 0) <> (m.kind IN ('gift.give', 'gift.refund', 'gift.split'))
                THEN 'its transfer was for something else'
            WHEN m.moved_at > m.posted_at OR (
                m.moved_at < m.posted_at - interval '1 minute' AND m.kind <> 'gift.expire'
                AND NOT clock_was_ahead(m.transfer_id, m.posted_at)
            ) THEN 'its transfer was posted at another time'
            WHEN l.id IS NULL THEN 'there is no such gift'
        END AS detail
        FROM moves AS m LEFT JOIN page AS l ON l.id = m.lot_id
        UNION ALL
        SELECT l.id, 'its moves say otherwise of ' || nullif(concat_ws(
            ', ',
            CASE WHEN s.newest IS DISTINCT FROM l.version OR s.versions <> l.version
                THEN 'version' END,
            CASE WHEN s.account_id <> l.account_id THEN 'account_id' END,
            CASE WHEN s.asset <> l.asset THEN 'asset' END,
            CASE WHEN s.amount <> l.amount_minor THEN 'amount_minor' END,
            CASE WHEN s.remaining <> l.remaining_minor THEN 'remaining_minor' END,
            CASE WHEN l.state <> CASE WHEN s.remaining > 0 THEN 'OPEN'
                WHEN s.kind = 'gift.expire' THEN 'EXPIRED' ELSE 'SPENT' END THEN 'state' END,
            CASE WHEN s.given_by <> l.id THEN 'id' END,
            CASE WHEN s.given_at <> l.given_at THEN 'given_at' END,
            CASE WHEN s.moved_by <> l.moved_by THEN 'moved_by' END,
            CASE WHEN s.changed_at <> l.changed_at THEN 'changed_at' END,
            CASE WHEN s.said ->> 'memo' IS DISTINCT FROM l.memo THEN 'memo' END,
            CASE WHEN (s.said ->> 'expires_at')::timestamptz IS DISTINCT FROM l.expires_at
                OR (w.attempts = 0 AND w.due_at <> l.expires_at) THEN 'expires_at' END,
            CASE WHEN NOT EXISTS (
                SELECT FROM entry AS e
                WHERE e.transfer_id = s.given_by AND e.account_id = l.giver_account
                    AND e.amount_minor < 0
            ) THEN 'giver_account' END,
            CASE WHEN l.state = 'OPEN' AND l.expires_at IS NOT NULL AND w.key IS NULL
                THEN 'its timer' END
        ), '')
        FROM page AS l
        LEFT JOIN sums AS s ON s.lot_id = l.id
        LEFT JOIN timer AS w ON w.kind = 'gifts.expire' AND w.key = l.id::text
    )
    SELECT r.examined, r.until AS next_id, (
        SELECT jsonb_agg(jsonb_build_array(f.id, f.detail)) FROM found AS f WHERE f.detail IS NOT NULL
    ) AS findings
    FROM reach AS r;
$$;
