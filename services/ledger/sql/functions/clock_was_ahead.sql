-- Whether a transfer was posted when it was because its accounts' chains were ahead of the clock, by
-- a moment or as far as a clock was wrong when the entry before was posted: entries never go back in
-- time, what else is told of the transfer is told by the clock of whoever moved it.
CREATE OR REPLACE FUNCTION clock_was_ahead(moved_by uuid, posted timestamptz) RETURNS boolean
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT EXISTS (
        SELECT FROM entry AS o
        INNER JOIN entry AS earlier ON earlier.account_id = o.account_id
            AND earlier.account_seq = o.account_seq - 1
        WHERE o.transfer_id = moved_by AND earlier.posted_at = posted
    );
$$;
