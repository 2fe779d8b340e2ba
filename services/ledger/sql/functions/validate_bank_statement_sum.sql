-- At commit: a statement has all its lines, and they lead from its opening to its closing balance.
CREATE OR REPLACE FUNCTION validate_bank_statement_sum() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    found record;
BEGIN
    SELECT count(*) AS lines, coalesce(sum(i.amount_minor), 0) AS total INTO found
    FROM reconciliation_item AS i
    WHERE i.account_id = new.account_id AND i.side = 'LINE'
        AND i.number BETWEEN new.last_number - new.line_count + 1 AND new.last_number
        AND i.statement_seq = new.seq;
    IF found.lines <> new.line_count OR new.opening_minor + found.total <> new.closing_minor THEN
        RAISE EXCEPTION 'statement %: its % lines sum to %, and % is wanted', new.seq, found.lines,
            found.total, new.closing_minor - new.opening_minor
        USING ERRCODE = 'check_violation', TABLE = 'bank_statement',
            CONSTRAINT = 'bank_statement_adds_up';
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS bank_statement_sum ON bank_statement;

CREATE CONSTRAINT TRIGGER bank_statement_sum AFTER INSERT ON bank_statement
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION validate_bank_statement_sum();
