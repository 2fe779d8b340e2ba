-- Whether an entry leaves more gone in one of its account's windows than may go. The last one of a
-- moment answers for all of it: before others it says no.
CREATE OR REPLACE FUNCTION is_beyond_velocity(
    account uuid, seq bigint, posted timestamptz, windows integer [], limits numeric []
) RETURNS boolean
LANGUAGE plpgsql STABLE STRICT
SET search_path FROM CURRENT
SET enable_seqscan = off
AS $$
BEGIN
    RETURN NOT EXISTS (
        SELECT FROM entry AS e
        WHERE e.account_id = is_beyond_velocity.account AND e.account_seq > seq
            AND e.posted_at = posted AND e.amount_minor < coalesce(e.held_minor, 0)
    ) AND EXISTS (
        SELECT FROM unnest(windows, limits) AS w (seconds, most)
        WHERE get_account_outflow(
            is_beyond_velocity.account, posted - make_interval(secs => w.seconds), posted
        ) > w.most
    );
END
$$;
