-- The balance is what the newest entry says; at a time, what the entries say that were
-- effective by then, as far as they were known.
CREATE OR REPLACE FUNCTION get_account_balance(account uuid) RETURNS numeric
LANGUAGE sql STABLE STRICT
SET search_path FROM CURRENT
AS $$
    SELECT coalesce((
        SELECT e.balance_after_minor FROM entry AS e
        WHERE e.account_id = get_account_balance.account
        ORDER BY e.account_seq DESC LIMIT 1
    ), 0);
$$;

-- The last entry posted by both times, and what took effect by then but was posted later. The
-- range is empty for an entry that was not late, so it needs no rule of its own.
CREATE OR REPLACE FUNCTION get_account_balance(
    account uuid, effective_at timestamptz, known_at timestamptz
) RETURNS numeric
LANGUAGE sql STABLE STRICT
SET search_path FROM CURRENT
AS $$
    SELECT coalesce((
        SELECT e.balance_after_minor FROM entry AS e
        WHERE e.account_id = get_account_balance.account
            AND e.posted_at <= least(get_account_balance.effective_at, get_account_balance.known_at)
        ORDER BY e.posted_at DESC, e.account_seq DESC LIMIT 1
    ), 0) + coalesce((
        SELECT sum(e.amount_minor) FROM entry AS e
        WHERE e.account_id = get_account_balance.account
            AND tstzrange(e.effective_at, e.posted_at) @> get_account_balance.effective_at
            AND e.effective_at < e.posted_at AND e.posted_at <= get_account_balance.known_at
    ), 0);
$$;

CREATE OR REPLACE FUNCTION get_account_balance(account uuid, as_of timestamptz) RETURNS numeric
LANGUAGE sql STABLE STRICT
SET search_path FROM CURRENT
AS $$
    SELECT get_account_balance(get_account_balance.account, as_of, 'infinity');
$$;
