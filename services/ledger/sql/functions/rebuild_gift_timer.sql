-- Sets the timer of a gift that expires anew. Nothing else of a gift is derived: which lots a spending
-- took from is told by the lots alone.
CREATE OR REPLACE FUNCTION rebuild_gift_timer(wanted uuid) RETURNS TABLE (before jsonb, after jsonb)
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    before := (
        SELECT jsonb_build_object('due_at', w.due_at) FROM timer AS w
        WHERE w.kind = 'gifts.expire' AND w.key = wanted::text
    );
    INSERT INTO timer AS w (kind, key, due_at)
    SELECT 'gifts.expire', l.id::text, l.expires_at FROM gift_lot AS l
    WHERE l.id = wanted AND l.state = 'OPEN' AND l.expires_at IS NOT NULL
    ON CONFLICT (kind, key) DO UPDATE SET due_at = excluded.due_at WHERE w.attempts = 0;
    after := (
        SELECT jsonb_build_object('due_at', w.due_at) FROM timer AS w
        WHERE w.kind = 'gifts.expire' AND w.key = wanted::text
    );
    RETURN NEXT;
END
$$;

REVOKE EXECUTE ON FUNCTION rebuild_gift_timer(uuid) FROM public;
