-- Refuses entries that do not continue their account's chain or do not fit their account or
-- transfer: people's money stays in their community, and credits are made by issuances only. What a
-- reversal may, another rule says.
-- The accounts of a transfer are seen together where it is written by one statement, as the journal
-- does; only one that is written in pieces is looked up.
-- Checks all rows of a statement at once; index descents only, whatever the statistics say.
CREATE OR REPLACE FUNCTION validate_entries() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
    wrong record;
BEGIN
    SELECT found.* INTO wrong FROM (
        SELECT n.account_id, n.account_seq, CASE
            WHEN a.id IS NULL THEN 'entry_account_exists'
            WHEN t.id IS NULL THEN 'entry_transfer_exists'
            WHEN n.asset <> a.asset THEN 'entry_asset_of_account'
            WHEN a.closed THEN 'entry_account_not_closed'
            WHEN a.frozen AND (n.amount_minor < 0 OR n.held_minor > 0)
                THEN 'entry_account_not_frozen'
            WHEN n.amount_minor > 0 AND n.balance_after_minor > a.ceiling_minor
                THEN 'entry_balance_not_above_ceiling'
            WHEN n.position > t.entry_count THEN 'entry_position_of_transfer'
            WHEN n.effective_at <> t.effective_at OR n.posted_at <> t.posted_at
                THEN 'entry_times_of_transfer'
            WHEN n.account_seq > 1 AND p.account_id IS NULL THEN 'entry_continues_chain'
            WHEN n.balance_after_minor <> coalesce(p.balance_after_minor, 0) + n.amount_minor
                THEN 'entry_balance_continues_chain'
            WHEN n.held_after_minor <> coalesce(p.held_after_minor, 0) + coalesce(n.held_minor, 0)
                THEN 'entry_held_continues_chain'
            WHEN n.posted_at < p.posted_at THEN 'entry_posted_after_previous'
            WHEN a.type = 'GIFT'
                AND t.kind NOT IN (
                    'gift.give', 'gift.spend', 'gift.expire', 'gift.fund', 'gift.refund', 'gift.split'
                )
                THEN 'entry_gift_of_gift'
            WHEN a.type = 'ISSUANCE' AND n.amount_minor < 0 AND t.reverses IS NULL
                AND t.kind NOT IN ('issuance', 'liquidity.in')
                THEN 'entry_issued_by_issuance'
            WHEN a.owner_id IS NOT NULL AND t.reverses IS NULL AND (
                min(a.community) FILTER (WHERE a.owner_id IS NOT NULL) OVER together
                <> max(a.community) FILTER (WHERE a.owner_id IS NOT NULL) OVER together
                OR count(*) OVER together < t.entry_count AND EXISTS (
                    SELECT FROM entry AS e INNER JOIN account AS b ON b.id = e.account_id
                    WHERE e.transfer_id = n.transfer_id AND b.owner_id IS NOT NULL
                        AND b.community <> a.community
                )
            ) THEN 'entry_people_of_one_community'
            WHEN a.velocity_seconds IS NOT NULL AND n.amount_minor < coalesce(n.held_minor, 0)
                AND is_beyond_velocity(
                    n.account_id, n.account_seq, n.posted_at, a.velocity_seconds, a.velocity_minor
                ) THEN 'entry_within_velocity'
        END AS rule
        FROM written AS n
        LEFT JOIN account AS a ON a.id = n.account_id
        LEFT JOIN transfer AS t ON t.id = n.transfer_id
        LEFT JOIN entry AS p
            ON p.account_id = n.account_id AND p.account_seq = n.account_seq - 1
        WINDOW together AS (PARTITION BY n.transfer_id)
    ) AS found WHERE found.rule IS NOT NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % of account % breaks %',
            wrong.account_seq, wrong.account_id, wrong.rule
        USING ERRCODE = 'check_violation', TABLE = 'entry', CONSTRAINT = wrong.rule;
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER entry_chain AFTER INSERT ON entry REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION validate_entries();
