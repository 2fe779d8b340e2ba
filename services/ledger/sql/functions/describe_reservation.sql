-- A reservation, its moves and its timer as one document, for the trail of a repair.
CREATE OR REPLACE FUNCTION describe_reservation(wanted uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT to_jsonb(r) || jsonb_build_object(
        'moves', (
            SELECT jsonb_agg(to_jsonb(m) ORDER BY m.version) FROM reservation_move AS m
            WHERE m.reservation_id = r.id
        ),
        'due_at', (
            SELECT w.due_at FROM timer AS w
            WHERE w.kind = 'reservations.expire' AND w.key = r.id::text
        )
    )
    FROM reservation AS r WHERE r.id = wanted;
$$;
