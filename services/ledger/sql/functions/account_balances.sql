-- Each account with its figures as the newest entry tells them.
CREATE OR REPLACE VIEW account_balances AS
SELECT
    a.id,
    a.owner_id,
    a.type,
    a.asset,
    a.community,
    a.name,
    a.floor_minor,
    a.ceiling_minor,
    a.frozen,
    a.closed,
    a.created_at,
    coalesce(h.account_seq, 0) AS version,
    coalesce(h.balance_after_minor, 0) AS balance_minor,
    coalesce(h.held_after_minor, 0) AS held_minor,
    coalesce(h.balance_after_minor - h.held_after_minor, 0) AS available_minor,
    h.posted_at AS moved_at
FROM account AS a
LEFT JOIN LATERAL (
    SELECT
        e.account_seq,
        e.balance_after_minor,
        e.held_after_minor,
        e.posted_at
    FROM entry AS e
    WHERE e.account_id = a.id
    ORDER BY e.account_seq DESC
    LIMIT 1
) AS h ON true;

GRANT SELECT ON account_balances TO ledger, localex_analytics;
