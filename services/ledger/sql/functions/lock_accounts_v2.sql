-- Locks accounts in id order, then reads their limits and newest entries: read before the
-- lock, they could be old. Knows what lock_accounts() does not: soft floors and velocities.
CREATE OR REPLACE FUNCTION lock_accounts_v2(ids uuid []) RETURNS TABLE (
    id uuid,
    owner_id uuid,
    type text,
    asset text,
    floor_minor numeric,
    ceiling_minor numeric,
    frozen boolean,
    closed boolean,
    account_seq bigint,
    balance_minor numeric,
    held_minor numeric,
    posted_at timestamptz,
    soft_floor_minor numeric,
    velocity_seconds integer [],
    velocity_minor numeric []
)
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off
AS $$
BEGIN
    PERFORM 1 FROM account AS a WHERE a.id = ANY(ids) ORDER BY a.id FOR NO KEY UPDATE;
    RETURN QUERY
    SELECT a.id, a.owner_id, a.type, a.asset, a.floor_minor, a.ceiling_minor, a.frozen, a.closed,
        coalesce(h.account_seq, 0), coalesce(h.balance_after_minor, 0),
        coalesce(h.held_after_minor, 0), h.posted_at, a.soft_floor_minor, a.velocity_seconds,
        a.velocity_minor
    FROM account AS a
    LEFT JOIN LATERAL (
        SELECT e.account_seq, e.balance_after_minor, e.held_after_minor, e.posted_at
        FROM entry AS e WHERE e.account_id = a.id ORDER BY e.account_seq DESC LIMIT 1
    ) AS h ON true
    WHERE a.id = ANY(ids);
END
$$;
