-- At commit: a decision settles what it says, in number and in money, and a write-off was posted. One
-- that is undone by then settles nothing: a copy of the books brings both in at once.
CREATE OR REPLACE FUNCTION validate_reconciliation_decision() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    found record;
    undone boolean := new.kind IN ('MATCH', 'IGNORE') AND EXISTS (
        SELECT FROM reconciliation_decision AS u WHERE u.undoes = new.id
    );
    rule text;
BEGIN
    SELECT count(*) FILTER (WHERE i.side = 'LINE') AS lines,
        count(*) FILTER (WHERE i.side = 'ENTRY') AS entries,
        coalesce(sum(i.amount_minor) FILTER (WHERE i.side = 'LINE'), 0) AS lines_minor,
        coalesce(sum(i.amount_minor) FILTER (WHERE i.side = 'ENTRY'), 0) AS entries_minor,
        bool_and(i.account_id = new.account_id) AS of_account
    INTO found FROM reconciliation_item AS i WHERE i.decision_id = new.id;
    IF undone AND found.lines + found.entries = 0 THEN
        RETURN NULL;
    ELSIF (found.lines, found.entries, found.lines_minor, found.entries_minor)
        <> (new.line_count, new.entry_count, new.lines_minor, new.entries_minor)
        OR NOT found.of_account
    THEN
        rule := 'reconciliation_decision_whole';
    ELSIF new.kind = 'UNDO' AND (
        EXISTS (SELECT FROM reconciliation_item AS i WHERE i.decision_id = new.undoes)
        OR NOT EXISTS (
            SELECT FROM reconciliation_decision AS d
            WHERE d.id = new.undoes AND d.kind IN ('MATCH', 'IGNORE')
                AND d.account_id = new.account_id
        )
    ) THEN
        rule := 'reconciliation_undo_whole';
    ELSIF new.kind = 'WRITE_OFF' AND (
        NOT EXISTS (
            SELECT FROM reconciliation_item AS i
            WHERE i.decision_id = new.id AND i.transfer_id = new.transfer_id
                AND abs(i.amount_minor) = new.written_off_minor
        )
        OR new.limit_minor <> (
            SELECT s.write_off_limit_minor FROM reconciliation_setup AS s
            WHERE s.account_id = new.account_id ORDER BY s.version DESC LIMIT 1
        )
    ) THEN
        rule := 'reconciliation_write_off_true';
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'decision % breaks %', new.id, rule
        USING ERRCODE = 'check_violation', TABLE = 'reconciliation_decision', CONSTRAINT = rule;
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS reconciliation_decision_whole ON reconciliation_decision;

CREATE CONSTRAINT TRIGGER reconciliation_decision_whole AFTER INSERT ON reconciliation_decision
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION validate_reconciliation_decision();
