-- Statements of an account are a chain: each opens with what the one before it closed with.
CREATE OR REPLACE FUNCTION validate_bank_statement() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    before bank_statement;
BEGIN
    SELECT s.* INTO before FROM bank_statement AS s
    WHERE s.account_id = new.account_id ORDER BY s.seq DESC LIMIT 1;
    IF new.seq <> coalesce(before.seq, 0) + 1
        OR new.opening_minor <> coalesce(before.closing_minor, new.opening_minor)
        OR new.closed_on < coalesce(before.closed_on, new.closed_on)
        OR new.last_number <> coalesce(before.last_number, 0) + new.line_count
    THEN
        RAISE EXCEPTION 'statement % does not continue the one before it', new.seq
        USING ERRCODE = 'check_violation', TABLE = 'bank_statement',
            CONSTRAINT = 'bank_statement_continues';
    END IF;
    RETURN new;
END
$$;

CREATE OR REPLACE TRIGGER bank_statement_chain BEFORE INSERT ON bank_statement
FOR EACH ROW EXECUTE FUNCTION validate_bank_statement();
