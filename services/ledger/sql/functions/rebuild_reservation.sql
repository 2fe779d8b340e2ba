-- A reservation and its moves as the journal tells them: every entry that holds or lets go for it is a
-- version. When it moved stays as it was said, if the journal bears it. What the journal does not know
-- (the payee before a capture, the expiry) stays; where the row itself is gone, nothing is rebuilt.
CREATE OR REPLACE FUNCTION rebuild_reservation(wanted uuid) RETURNS TABLE (before jsonb, after jsonb)
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    before := describe_reservation(wanted);
    CREATE TEMPORARY TABLE derived_move ON COMMIT DROP AS
    SELECT row_number() OVER chain AS version, e.account_id, t.id AS transfer_id, e.held_minor,
        -e.amount_minor AS captured_minor, e.asset, t.initiated_by, t.metadata ->> 'memo' AS memo,
        CASE
            WHEN t.kind = 'reservation.release' THEN 'RELEASED'
            WHEN t.kind = 'reservation.expire' THEN 'EXPIRED'
            WHEN sum(e.held_minor) OVER chain > 0 THEN 'ACTIVE'
            ELSE 'COMPLETED'
        END AS state,
        CASE WHEN m.moved_at BETWEEN t.posted_at - interval '1 minute' AND t.posted_at
            THEN m.moved_at ELSE t.posted_at END AS moved_at
    FROM transfer AS t
    INNER JOIN entry AS e ON e.transfer_id = t.id AND e.held_minor IS NOT NULL
    LEFT JOIN reservation_move AS m ON m.transfer_id = t.id
    WHERE t.kind ^@ 'reservation.' AND t.metadata ->> 'reservation_id' = wanted::text
    WINDOW chain AS (ORDER BY e.account_seq);

    DELETE FROM reservation_move AS m
    WHERE m.reservation_id = wanted OR m.transfer_id IN (SELECT d.transfer_id FROM derived_move AS d);
    INSERT INTO reservation_move (
        reservation_id, version, state, account_id, transfer_id, held_minor, captured_minor,
        moved_at
    )
    SELECT wanted, d.version, d.state, d.account_id, d.transfer_id, d.held_minor,
        d.captured_minor, d.moved_at
    FROM derived_move AS d;

    UPDATE reservation AS r SET account_id = first.account_id, asset = first.asset,
        amount_minor = first.held_minor, memo = first.memo, created_by = first.initiated_by,
        created_at = first.moved_at, captured_minor = sums.captured,
        released_minor = first.held_minor - sums.captured - sums.remaining, state = last.state,
        version = last.version, moved_by = last.transfer_id, changed_at = last.moved_at
    FROM (SELECT d.* FROM derived_move AS d ORDER BY d.version LIMIT 1) AS first,
        (SELECT d.* FROM derived_move AS d ORDER BY d.version DESC LIMIT 1) AS last,
        (SELECT sum(d.captured_minor) AS captured, sum(d.held_minor) AS remaining
            FROM derived_move AS d) AS sums
    WHERE r.id = wanted;

    INSERT INTO timer AS w (kind, key, due_at)
    SELECT 'reservations.expire', r.id::text, r.expires_at FROM reservation AS r
    WHERE r.id = wanted AND r.state = 'ACTIVE'
    ON CONFLICT (kind, key) DO UPDATE SET due_at = excluded.due_at WHERE w.attempts = 0;
    DROP TABLE derived_move;
    after := describe_reservation(wanted);
    RETURN NEXT;
END
$$;

REVOKE EXECUTE ON FUNCTION rebuild_reservation(uuid) FROM PUBLIC;
