-- What was set aside in an account at a time: what the last entry posted by then says. Nothing is
-- ever held or let go in the past, so a late entry changes nothing of it.
CREATE OR REPLACE FUNCTION get_account_held(account uuid, as_of timestamptz) RETURNS numeric
LANGUAGE sql STABLE STRICT
SET search_path FROM CURRENT
AS $$
    SELECT coalesce((
        SELECT e.held_after_minor FROM entry AS e
        WHERE e.account_id = get_account_held.account AND e.posted_at <= as_of
        ORDER BY e.posted_at DESC, e.account_seq DESC LIMIT 1
    ), 0);
$$;

-- The same by the two times of a balance.
CREATE OR REPLACE FUNCTION get_account_held(
    account uuid, effective_at timestamptz, known_at timestamptz
) RETURNS numeric
LANGUAGE sql STABLE STRICT
SET search_path FROM CURRENT
AS $$
    SELECT get_account_held(account, least(effective_at, known_at));
$$;
