-- Refuses an entry that takes more than what is available above the account's floor. What was
-- held before leaves as it was promised, wherever the floor is now.
-- Checks all rows of a statement at once; index descents only, whatever the statistics say.
CREATE OR REPLACE FUNCTION validate_debit_balance() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
    wrong record;
BEGIN
    SELECT n.account_id, n.balance_after_minor - n.held_after_minor AS left_minor, a.floor_minor
    INTO wrong FROM written AS n
    INNER JOIN account AS a ON a.id = n.account_id
    WHERE n.amount_minor < 0 AND n.amount_minor < coalesce(n.held_minor, 0)
        AND n.balance_after_minor - n.held_after_minor < a.floor_minor
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'account %: % would remain available, the floor is %',
            wrong.account_id, wrong.left_minor, wrong.floor_minor
        USING ERRCODE = 'check_violation', TABLE = 'entry',
            CONSTRAINT = 'entry_available_not_below_floor';
    END IF;
    RETURN NULL;
END
$$;

-- It examined row by row once, before each.
DROP TRIGGER IF EXISTS entry_debit_balance ON entry;

CREATE TRIGGER entry_debit_balance AFTER INSERT ON entry REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION validate_debit_balance();
