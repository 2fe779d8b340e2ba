-- New items are open; lines come with their statement, entries say what the entries of the books say.
CREATE OR REPLACE FUNCTION validate_reconciliation_items() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM written AS n
        LEFT JOIN entry AS e ON e.account_id = n.account_id AND e.account_seq = n.number
        LEFT JOIN bank_statement AS s
            ON s.account_id = n.account_id AND s.seq = n.statement_seq
            AND s.xmin = pg_current_xact_id()::xid
        WHERE n.decision_id IS NOT NULL
            OR (n.side = 'LINE' AND s.seq IS NULL)
            OR (n.side = 'ENTRY'
                AND (e.amount_minor, e.transfer_id) IS DISTINCT FROM (n.amount_minor, n.transfer_id))
    ) THEN
        RAISE EXCEPTION 'an item is settled from its beginning, or is not of its statement or entry'
        USING ERRCODE = 'check_violation', TABLE = 'reconciliation_item',
            CONSTRAINT = 'reconciliation_item_true';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER reconciliation_item_true AFTER INSERT ON reconciliation_item
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION validate_reconciliation_items();
