-- The moves of a reservation as the journal tells them: every entry that holds or lets go for it is a
-- version. When it moved stays as it was said, if the journal bears it.
CREATE OR REPLACE FUNCTION derive_moves(wanted uuid) RETURNS TABLE (
    version bigint,
    account_id uuid,
    transfer_id uuid,
    held_minor numeric,
    captured_minor numeric,
    asset text,
    initiated_by uuid,
    memo text,
    state text,
    moved_at timestamptz
)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT row_number() OVER chain, e.account_id, t.id, e.held_minor, -e.amount_minor, e.asset,
        t.initiated_by, t.metadata ->> 'memo',
        CASE
            WHEN t.kind = 'reservation.release' THEN 'RELEASED'
            WHEN t.kind = 'reservation.expire' THEN 'EXPIRED'
            WHEN sum(e.held_minor) OVER chain > 0 THEN 'ACTIVE'
            ELSE 'COMPLETED'
        END,
        CASE WHEN m.moved_at BETWEEN t.posted_at - interval '1 minute' AND t.posted_at
            THEN m.moved_at ELSE t.posted_at END
    FROM transfer AS t
    INNER JOIN entry AS e ON e.transfer_id = t.id AND e.held_minor IS NOT NULL
    LEFT JOIN reservation_move AS m ON m.transfer_id = t.id
    WHERE t.kind ^@ 'reservation.' AND t.metadata ->> 'reservation_id' = wanted::text
    WINDOW chain AS (ORDER BY e.account_seq);
$$;
