-- An item is settled once, by a decision of the same transaction, which is examined at commit; it is
-- open again only when that decision was undone.
CREATE OR REPLACE FUNCTION validate_reconciliation_move() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF (new.account_id, new.side, new.number, new.amount_minor, new.booked_on, new.statement_seq)
        IS DISTINCT FROM
        (old.account_id, old.side, old.number, old.amount_minor, old.booked_on, old.statement_seq)
        OR (old.decision_id IS NOT NULL AND (new.decision_id IS NOT NULL OR NOT EXISTS (
            SELECT FROM reconciliation_decision AS d
            WHERE d.undoes = old.decision_id AND d.kind = 'UNDO'
        )))
        OR (new.decision_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM reconciliation_decision AS d
            WHERE d.id = new.decision_id AND d.xmin = pg_current_xact_id()::xid
        ))
    THEN
        RAISE EXCEPTION '% % of account % is settled already', old.side, old.number, old.account_id
        USING ERRCODE = 'check_violation', TABLE = 'reconciliation_item',
            CONSTRAINT = 'reconciliation_item_settled_once';
    END IF;
    RETURN new;
END
$$;

CREATE OR REPLACE TRIGGER reconciliation_item_move BEFORE UPDATE ON reconciliation_item
FOR EACH ROW EXECUTE FUNCTION validate_reconciliation_move();
