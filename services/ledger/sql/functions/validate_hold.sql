-- Refuses to hold more than what is available above the account's floor, and to hold or let go in
-- the past: what was held at a time is what the last entry posted by then says.
-- Names its tables in full, as validate_debit_balance() does.
CREATE OR REPLACE FUNCTION validate_hold() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    rule text;
BEGIN
    IF new.effective_at <> new.posted_at THEN
        rule := 'entry_held_at_once';
    ELSIF new.amount_minor < new.held_minor AND EXISTS (
        SELECT FROM ledger.account AS a WHERE a.id = new.account_id
            AND new.balance_after_minor - new.held_after_minor < a.floor_minor
    ) THEN
        rule := 'entry_available_not_below_floor';
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'account %: to hold % more breaks %', new.account_id, new.held_minor, rule
        USING ERRCODE = 'check_violation', TABLE = 'entry', CONSTRAINT = rule;
    END IF;
    RETURN new;
END
$$;

CREATE OR REPLACE TRIGGER entry_hold BEFORE INSERT ON entry
FOR EACH ROW WHEN (new.held_minor IS NOT NULL) EXECUTE FUNCTION validate_hold();
