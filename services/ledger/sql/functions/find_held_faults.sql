-- Accounts that hold more or less than their active reservations hold, and ESCROW accounts with more or
-- less in them than funded escrows wait for; a page by id.
CREATE OR REPLACE FUNCTION find_held_faults(after uuid, most integer) RETURNS TABLE (
    examined bigint,
    next_id uuid,
    findings jsonb
)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    WITH page AS MATERIALIZED (
        SELECT id, owner_id, type, asset, held_minor, balance_minor FROM account_balances
        WHERE id > after ORDER BY id LIMIT most
    ), sums AS (
        SELECT p.*, coalesce((
            SELECT sum(r.amount_minor - r.captured_minor - r.released_minor) FROM reservation AS r
            WHERE r.account_id = p.id AND r.state = 'ACTIVE'
        ), 0) AS reserved, CASE WHEN p.type = 'ESCROW' THEN coalesce((
            SELECT sum(c.amount_minor) FROM escrow AS c
            WHERE c.payer_id = p.owner_id AND c.asset = p.asset AND c.state = 'FUNDED'
        ), 0) END AS waiting
        FROM page AS p
    ), found AS (
        SELECT id, held_minor || ' is held, reservations hold ' || reserved AS detail
        FROM sums WHERE held_minor <> reserved
        UNION ALL
        SELECT id, balance_minor || ' is in it, escrows wait for ' || waiting
        FROM sums WHERE balance_minor <> waiting
    )
    SELECT (SELECT count(*) FROM page) AS examined,
        (SELECT id FROM page ORDER BY id DESC LIMIT 1) AS next_id,
        (SELECT jsonb_agg(jsonb_build_array(id, detail)) FROM found) AS findings;
$$;
