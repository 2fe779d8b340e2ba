-- An item is settled once, by a decision of the same transaction, which is examined at commit; it is
-- open again only when that decision was undone. Checks all rows of a statement at once; a statement
-- settles or opens, not both.
CREATE OR REPLACE FUNCTION validate_reconciliation_move() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    wrong record;
BEGIN
    SELECT found.side, found.number INTO wrong FROM (
        (
            SELECT account_id, side, number, amount_minor, booked_on, statement_seq, transfer_id
            FROM before
            EXCEPT ALL
            SELECT account_id, side, number, amount_minor, booked_on, statement_seq, transfer_id
            FROM after
        )
        UNION ALL
        SELECT n.account_id, n.side, n.number, NULL, NULL, NULL, NULL FROM after AS n
        WHERE n.decision_id IS NOT NULL AND (
            EXISTS (SELECT FROM before AS o WHERE o.decision_id IS NOT NULL)
            OR NOT EXISTS (
                SELECT FROM reconciliation_decision AS d
                WHERE d.id = n.decision_id AND d.xmin = pg_current_xact_id()::xid
            )
        )
        UNION ALL
        SELECT o.account_id, o.side, o.number, NULL, NULL, NULL, NULL FROM before AS o
        WHERE o.decision_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM reconciliation_decision AS u
            WHERE u.undoes = o.decision_id AND u.kind = 'UNDO'
        )
    ) AS found LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% % is settled already, or by no decision of now', wrong.side, wrong.number
        USING ERRCODE = 'check_violation', TABLE = 'reconciliation_item',
            CONSTRAINT = 'reconciliation_item_settled_once';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER reconciliation_item_move AFTER UPDATE ON reconciliation_item
REFERENCING OLD TABLE AS before NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION validate_reconciliation_move();
