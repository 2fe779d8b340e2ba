-- What was held at a time, by the same two times as the balance. What a late entry held or let go
-- is the difference from the entry before it.
CREATE OR REPLACE FUNCTION get_account_held(
    account uuid, effective_at timestamptz, known_at timestamptz
) RETURNS numeric
LANGUAGE sql STABLE STRICT
SET search_path FROM CURRENT
AS $$
    SELECT coalesce((
        SELECT e.held_after_minor FROM entry AS e
        WHERE e.account_id = get_account_held.account
            AND e.posted_at <= least(get_account_held.effective_at, get_account_held.known_at)
        ORDER BY e.posted_at DESC, e.account_seq DESC LIMIT 1
    ), 0) + coalesce((
        SELECT sum(e.held_after_minor - coalesce(p.held_after_minor, 0)) FROM entry AS e
        LEFT JOIN entry AS p ON p.account_id = e.account_id AND p.account_seq = e.account_seq - 1
        WHERE e.account_id = get_account_held.account
            AND tstzrange(e.effective_at, e.posted_at) @> get_account_held.effective_at
            AND e.effective_at < e.posted_at AND e.posted_at <= get_account_held.known_at
    ), 0);
$$;
