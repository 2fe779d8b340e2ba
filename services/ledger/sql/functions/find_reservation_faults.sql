-- Reservations that are not the sum of their moves, and moves that their transfer did not make; a page
-- by id. When something moved is told by the clock of whoever moved it, which may be behind the
-- chain's. What expires together is posted at the time of the newest of all these chains.
CREATE OR REPLACE FUNCTION find_reservation_faults(after uuid, most integer) RETURNS TABLE (
    examined bigint,
    next_id uuid,
    findings jsonb
)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    WITH page AS MATERIALIZED (
        SELECT * FROM reservation WHERE id > after ORDER BY id LIMIT most
    ), reach AS MATERIALIZED (
        SELECT count(*) AS examined, CASE WHEN count(*) = most THEN (
            SELECT last.id FROM page AS last ORDER BY last.id DESC LIMIT 1
        ) END AS until
        FROM page
    ), moves AS MATERIALIZED (
        SELECT m.*, t.kind, t.posted_at, t.initiated_by, t.metadata, e.asset,
            e.amount_minor AS entry_amount, e.held_minor AS entry_held,
            (
                SELECT o.account_id FROM entry AS o
                WHERE o.transfer_id = m.transfer_id AND o.account_id <> m.account_id LIMIT 1
            ) AS paid_to
        FROM reservation_move AS m
        LEFT JOIN transfer AS t ON t.id = m.transfer_id
        LEFT JOIN entry AS e ON e.transfer_id = m.transfer_id AND e.account_id = m.account_id
        WHERE m.reservation_id > after
            AND m.reservation_id <= (
                SELECT coalesce(r.until, 'ffffffff-ffff-ffff-ffff-ffffffffffff') FROM reach AS r
            )
    ), sums AS (
        SELECT m.reservation_id, count(*) AS versions, max(m.version) AS newest,
            sum(m.held_minor) AS remaining, sum(m.captured_minor) AS captured,
            (array_agg(m.held_minor ORDER BY m.version))[1] AS amount,
            (array_agg(m.moved_at ORDER BY m.version))[1] AS began,
            (array_agg(m.initiated_by ORDER BY m.version))[1] AS began_by,
            (array_agg(m.metadata ->> 'memo' ORDER BY m.version))[1] AS memo,
            (array_agg(m.asset ORDER BY m.version))[1] AS asset,
            (array_agg(m.account_id ORDER BY m.version))[1] AS account_id,
            (array_agg(m.state ORDER BY m.version DESC))[1] AS state,
            (array_agg(m.transfer_id ORDER BY m.version DESC))[1] AS moved_by,
            (array_agg(m.moved_at ORDER BY m.version DESC))[1] AS changed_at,
            array_agg(m.paid_to) FILTER (WHERE m.captured_minor > 0) AS paid_to
        FROM moves AS m GROUP BY m.reservation_id
    ), found AS (
        SELECT m.reservation_id AS id, 'version ' || m.version || ': ' || CASE
            WHEN m.entry_held IS NULL THEN 'no transfer moved it'
            WHEN m.metadata ->> 'reservation_id' IS DISTINCT FROM m.reservation_id::text
                THEN 'its transfer is another reservation''s'
            WHEN (m.held_minor, m.captured_minor) <> (m.entry_held, -m.entry_amount)
                THEN 'its transfer moved something else'
            WHEN m.kind <> CASE WHEN m.version = 1 THEN 'reservation.reserve' ELSE CASE m.state
                WHEN 'RELEASED' THEN 'reservation.release' WHEN 'EXPIRED' THEN 'reservation.expire'
                ELSE 'reservation.capture' END END THEN 'its transfer was for something else'
            WHEN m.moved_at > m.posted_at OR (
                m.moved_at < m.posted_at - interval '1 minute' AND m.kind <> 'reservation.expire'
                AND NOT clock_was_ahead(m.transfer_id, m.posted_at)
            ) THEN 'its transfer was posted at another time'
            WHEN r.id IS NULL THEN 'there is no such reservation'
        END AS detail
        FROM moves AS m LEFT JOIN page AS r ON r.id = m.reservation_id
        UNION ALL
        SELECT r.id, 'its moves say otherwise of ' || nullif(concat_ws(
            ', ',
            CASE WHEN s.newest IS DISTINCT FROM r.version OR s.versions <> r.version
                THEN 'version' END,
            CASE WHEN s.account_id <> r.account_id THEN 'account_id' END,
            CASE WHEN s.asset <> r.asset THEN 'asset' END,
            CASE WHEN s.amount <> r.amount_minor THEN 'amount_minor' END,
            CASE WHEN s.captured <> r.captured_minor THEN 'captured_minor' END,
            CASE WHEN s.remaining <> r.amount_minor - r.captured_minor - r.released_minor
                THEN 'released_minor' END,
            CASE WHEN s.state <> r.state THEN 'state' END,
            CASE WHEN s.moved_by <> r.moved_by THEN 'moved_by' END,
            CASE WHEN s.changed_at <> r.changed_at THEN 'changed_at' END,
            CASE WHEN s.began <> r.created_at THEN 'created_at' END,
            CASE WHEN s.began_by IS DISTINCT FROM r.created_by THEN 'created_by' END,
            CASE WHEN s.memo IS DISTINCT FROM r.memo THEN 'memo' END,
            CASE WHEN r.to_account <> ANY(s.paid_to) THEN 'to_account' END,
            CASE WHEN (r.state = 'EXPIRED') <> (r.changed_at >= r.expires_at)
                OR (w.attempts = 0 AND w.due_at <> r.expires_at) THEN 'expires_at' END,
            CASE WHEN r.state = 'ACTIVE' AND w.key IS NULL THEN 'its timer' END
        ), '')
        FROM page AS r
        LEFT JOIN sums AS s ON s.reservation_id = r.id
        LEFT JOIN timer AS w ON w.kind = 'reservations.expire' AND w.key = r.id::text
    )
    SELECT r.examined, r.until AS next_id, (
        SELECT jsonb_agg(jsonb_build_array(f.id, f.detail)) FROM found AS f WHERE f.detail IS NOT NULL
    ) AS findings
    FROM reach AS r;
$$;
