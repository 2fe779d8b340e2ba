-- The balance is what the newest entry says; at a time, what the entries say that were
-- effective by then.
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

-- The last entry posted by then, and what was posted later but took effect by then.
CREATE OR REPLACE FUNCTION get_account_balance(account uuid, as_of timestamptz) RETURNS numeric
LANGUAGE sql STABLE STRICT
SET search_path FROM CURRENT
AS $$
    SELECT coalesce((
        SELECT e.balance_after_minor FROM entry AS e
        WHERE e.account_id = get_account_balance.account AND e.posted_at <= as_of
        ORDER BY e.posted_at DESC, e.account_seq DESC LIMIT 1
    ), 0) + coalesce((
        SELECT sum(e.amount_minor) FROM entry AS e
        WHERE e.account_id = get_account_balance.account
            AND e.effective_at <= as_of AND e.posted_at > as_of AND e.effective_at < e.posted_at
    ), 0);
$$;
