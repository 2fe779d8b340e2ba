-- Only legal moves of a transfer for later: it begins pending, ends once, and is posted when it is due
-- by a transfer that takes as much from the account. Terms never change.
CREATE OR REPLACE FUNCTION validate_scheduled_transfer() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off
AS $$
DECLARE
    rule text;
BEGIN
    IF tg_op = 'INSERT' THEN
        IF new.version <> 1 OR new.state <> 'PENDING' OR new.changed_at <> new.created_at THEN
            rule := 'scheduled_transfer_begins_pending';
        END IF;
    ELSIF (
        new.id, new.owner_id, new.from_account, new.to_account, new.asset, new.amount_minor,
        new.effective_at, new.created_at
    ) <> (
        old.id, old.owner_id, old.from_account, old.to_account, old.asset, old.amount_minor,
        old.effective_at, old.created_at
    ) OR (new.memo, new.correlation_id) IS DISTINCT FROM (old.memo, old.correlation_id)
    THEN
        rule := 'scheduled_transfer_terms_never_change';
    ELSIF old.state <> 'PENDING' OR new.state = 'PENDING' OR new.version <> old.version + 1 THEN
        rule := 'scheduled_transfer_ends_once';
    ELSIF new.state IN ('POSTED', 'FAILED') AND new.changed_at < new.effective_at THEN
        rule := 'scheduled_transfer_not_before_due';
    ELSIF new.state = 'POSTED' AND NOT EXISTS (
        SELECT FROM transfer AS t
        INNER JOIN entry AS e ON e.transfer_id = t.id
        WHERE t.id = new.transfer_id AND t.effective_at = new.effective_at
            AND e.account_id = new.from_account AND e.asset = new.asset
            AND e.amount_minor = -new.amount_minor
    ) THEN
        rule := 'scheduled_transfer_posted_as_said';
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'scheduled transfer %: % breaks %', new.id,
            CASE WHEN tg_op = 'INSERT' THEN new.state ELSE old.state || ' -> ' || new.state END, rule
        USING ERRCODE = 'check_violation', TABLE = 'scheduled_transfer', CONSTRAINT = rule;
    END IF;
    RETURN new;
END
$$;

CREATE OR REPLACE TRIGGER scheduled_transfer_legal_move
BEFORE INSERT OR UPDATE ON scheduled_transfer
FOR EACH ROW EXECUTE FUNCTION validate_scheduled_transfer();
