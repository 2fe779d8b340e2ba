-- What was sent or set aside between two times: as much as made less available. What is captured was
-- counted when it was set aside; what comes in or is let go does not count back.
CREATE OR REPLACE FUNCTION get_account_outflow(
    account uuid, after timestamptz, until timestamptz
) RETURNS numeric
LANGUAGE sql STABLE STRICT
SET search_path FROM CURRENT
AS $$
    SELECT coalesce(sum(greatest(coalesce(e.held_minor, 0) - e.amount_minor, 0)), 0)
    FROM entry AS e
    WHERE e.account_id = get_account_outflow.account
        AND e.posted_at > get_account_outflow.after AND e.posted_at <= get_account_outflow.until;
$$;
