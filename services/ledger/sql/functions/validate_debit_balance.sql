-- Refuses an entry that takes more than what is available above the account's floor. What was
-- held before leaves as it was promised, wherever the floor is now.
-- Names its tables in full instead of a search path of its own, which would cost more than the
-- check.
CREATE OR REPLACE FUNCTION validate_debit_balance() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    lowest numeric;
BEGIN
    SELECT a.floor_minor INTO lowest FROM ledger.account AS a WHERE a.id = new.account_id;
    IF new.balance_after_minor - new.held_after_minor < lowest
        AND new.amount_minor < coalesce(new.held_minor, 0)
    THEN
        RAISE EXCEPTION 'account %: % would remain available, the floor is %',
            new.account_id, new.balance_after_minor - new.held_after_minor, lowest
        USING ERRCODE = 'check_violation', TABLE = 'entry',
            CONSTRAINT = 'entry_available_not_below_floor';
    END IF;
    RETURN new;
END
$$;

CREATE OR REPLACE TRIGGER entry_debit_balance BEFORE INSERT ON entry
FOR EACH ROW WHEN (new.amount_minor < 0) EXECUTE FUNCTION validate_debit_balance();
