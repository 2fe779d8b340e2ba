-- The rule that a reversal breaks, if any; asked at commit. All reversals of a transfer together
-- give back at most what it moved on each account. Two at a time continue the same accounts' chains,
-- so the second one sees the first.
CREATE OR REPLACE FUNCTION find_reversal_fault(reversal transfer) RETURNS text
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    original transfer;
BEGIN
    SELECT t.* INTO original FROM transfer AS t WHERE t.id = reversal.reverses;
    IF NOT FOUND THEN
        RETURN 'transfer_reverses_known';
    ELSIF original.reverses IS NOT NULL THEN
        RETURN 'transfer_reverses_no_reversal';
    ELSIF reversal.effective_at < original.effective_at THEN
        RETURN 'transfer_reverses_not_earlier';
    ELSIF EXISTS (
        WITH moved AS (
            SELECT e.account_id, sum(e.amount_minor) AS amount FROM entry AS e
            WHERE e.transfer_id = original.id GROUP BY e.account_id
        ), given_back AS (
            SELECT e.account_id, sum(e.amount_minor) AS amount,
                min(e.amount_minor) AS least_amount, max(e.amount_minor) AS most_amount
            FROM transfer AS t
            INNER JOIN entry AS e ON e.transfer_id = t.id
            WHERE t.reverses = original.id GROUP BY e.account_id
        )
        SELECT FROM given_back AS g
        LEFT JOIN moved AS m ON m.account_id = g.account_id
        WHERE m.account_id IS NULL OR abs(g.amount) > abs(m.amount)
            OR g.least_amount * m.amount > 0 OR g.most_amount * m.amount > 0
    ) THEN
        RETURN 'transfer_reverses_at_most_all';
    END IF;
    RETURN NULL;
END
$$;
