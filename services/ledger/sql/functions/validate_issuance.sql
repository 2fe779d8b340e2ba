-- What is issued stays within the limits, whoever writes: above what one operator makes alone there
-- is a request that another one approved, and a community's day has a limit (what was burned counts
-- back; so does what goes into liquidity, which an operator supplies alone). Looked at when the transaction ends, with its entries and its request.
CREATE OR REPLACE FUNCTION validate_issuance() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    given record;
    allowed record;
    day timestamptz := date_trunc('day', new.posted_at, 'UTC');
    rule text;
BEGIN
    SELECT e.account_id, e.asset, -e.amount_minor AS amount_minor, a.type INTO given
    FROM entry AS e INNER JOIN account AS a ON a.id = e.account_id
    WHERE e.transfer_id = new.id AND e.amount_minor < 0
    ORDER BY a.type = 'ISSUANCE' DESC LIMIT 1;
    IF new.kind = 'liquidity.in' AND given.type <> 'ISSUANCE' THEN
        RETURN NULL;
    END IF;
    SELECT l.alone_max_minor, l.day_max_minor INTO allowed
    FROM issuance_limit AS l WHERE l.asset = given.asset;
    IF NOT FOUND THEN
        rule := 'issuance_limit_is_known';
    ELSIF new.kind = 'issuance' AND given.amount_minor > allowed.alone_max_minor AND NOT EXISTS (
        SELECT FROM issuance_request AS r
        WHERE r.transfer_id = new.id AND r.state = 'APPROVED' AND r.asset = given.asset
            AND r.amount_minor = given.amount_minor
    ) THEN
        rule := 'issuance_four_eyes';
    ELSIF get_account_balance(given.account_id, day - interval '1 microsecond', 'infinity')
        - get_account_balance(
            given.account_id, day + interval '1 day' - interval '1 microsecond', 'infinity'
        ) > allowed.day_max_minor
    THEN
        rule := 'issuance_day_limit';
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'issuance %: % breaks %', new.id, given.amount_minor, rule
        USING ERRCODE = 'check_violation', TABLE = 'transfer', CONSTRAINT = rule;
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS transfer_issued_within_limits ON transfer;

-- An older schema has no limits.
DO $$
BEGIN
    IF to_regclass('issuance_limit') IS NOT NULL THEN
        CREATE CONSTRAINT TRIGGER transfer_issued_within_limits AFTER INSERT ON transfer
        DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (new.kind IN ('issuance', 'liquidity.in')) EXECUTE FUNCTION validate_issuance();
    END IF;
END
$$;
