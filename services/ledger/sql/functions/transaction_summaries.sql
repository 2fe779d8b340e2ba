-- Each transfer with what it moved in each asset, for reports; never asked when deciding.
CREATE OR REPLACE VIEW transaction_summaries AS
SELECT
    t.id,
    t.kind,
    t.posted_at,
    t.effective_at,
    t.reverses,
    t.initiated_by,
    t.correlation_id,
    e.asset,
    count(*) AS entries,
    coalesce(sum(e.amount_minor) FILTER (WHERE e.amount_minor > 0), 0) AS moved_minor,
    array_agg(e.account_id ORDER BY e.position) FILTER (WHERE e.amount_minor < 0) AS from_accounts,
    array_agg(e.account_id ORDER BY e.position) FILTER (WHERE e.amount_minor > 0) AS to_accounts
FROM transfer AS t
INNER JOIN entry AS e ON e.transfer_id = t.id
GROUP BY t.id, e.asset;

GRANT SELECT ON transaction_summaries TO ledger, localex_analytics;
