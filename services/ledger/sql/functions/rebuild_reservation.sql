-- A reservation and its moves as the journal tells them. What the journal does not know (the payee
-- before a capture, the expiry) stays; where the row itself is gone, nothing is rebuilt.
CREATE OR REPLACE FUNCTION rebuild_reservation(wanted uuid) RETURNS TABLE (before jsonb, after jsonb)
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    moves reservation_move [];
    begun record;
BEGIN
    before := describe_reservation(wanted);
    moves := ARRAY(
        SELECT (
            wanted, d.version, d.state, d.account_id, d.transfer_id, d.held_minor,
            d.captured_minor, d.moved_at
        )::reservation_move FROM derive_moves(wanted) AS d ORDER BY d.version
    );
    SELECT d.* INTO begun FROM derive_moves(wanted) AS d WHERE d.version = 1;
    DELETE FROM reservation_move AS m
    WHERE m.reservation_id = wanted OR m.transfer_id IN (SELECT d.transfer_id FROM unnest(moves) AS d);
    INSERT INTO reservation_move SELECT d.* FROM unnest(moves) AS d;

    UPDATE reservation AS r SET account_id = begun.account_id, asset = begun.asset,
        amount_minor = begun.held_minor, memo = begun.memo, created_by = begun.initiated_by,
        created_at = begun.moved_at, captured_minor = sums.captured,
        released_minor = begun.held_minor - sums.captured - sums.remaining, state = newest.state,
        version = newest.version, moved_by = newest.transfer_id, changed_at = newest.moved_at
    FROM (SELECT d.* FROM unnest(moves) AS d ORDER BY d.version DESC LIMIT 1) AS newest,
        (SELECT sum(d.captured_minor) AS captured, sum(d.held_minor) AS remaining
            FROM unnest(moves) AS d) AS sums
    WHERE r.id = wanted;

    INSERT INTO timer AS w (kind, key, due_at)
    SELECT 'reservations.expire', r.id::text, r.expires_at FROM reservation AS r
    WHERE r.id = wanted AND r.state = 'ACTIVE'
    ON CONFLICT (kind, key) DO UPDATE SET due_at = excluded.due_at WHERE w.attempts = 0;
    after := describe_reservation(wanted);
    RETURN NEXT;
END
$$;

REVOKE EXECUTE ON FUNCTION rebuild_reservation(uuid) FROM public;
