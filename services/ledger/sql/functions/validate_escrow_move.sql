-- Only legal moves of an escrow, one version for each event; terms that are known never change.
-- Of an escrow that was refunded before it was funded nobody heard: its first event is the refusal, as
-- the version that it has (processes of before told that as the next one, and skipped one). Gifts come
-- out of lots, and go back into them.
CREATE OR REPLACE FUNCTION validate_escrow_move() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    rule text;
BEGIN
    IF tg_op = 'INSERT' THEN
        IF new.version <> 1 OR new.state = 'RELEASED'
            OR (new.state = 'REFUNDED' AND new.payer_id IS NOT NULL)
        THEN
            rule := 'escrow_begins';
        END IF;
    ELSIF new.version NOT BETWEEN old.version + 1
        AND old.version + (CASE WHEN old.payer_id IS NULL THEN 2 ELSE 1 END)
    THEN
        rule := 'escrow_version_follows';
    ELSIF new.id <> old.id OR new.created_at <> old.created_at
        OR (old.funded_by IS DISTINCT FROM new.funded_by)
        OR (old.payer_id IS NOT NULL AND (
            new.payer_id, new.payee_id, new.asset, new.amount_minor, new.gift_minor
        ) IS DISTINCT FROM (
            old.payer_id, old.payee_id, old.asset, old.amount_minor, old.gift_minor
        ))
    THEN
        rule := 'escrow_terms_never_change';
    ELSIF NOT (
        (old.state = 'FUNDED' AND new.state IN ('RELEASED', 'REFUNDED'))
        OR (old.state = 'REFUSED' AND new.state = 'REFUNDED')
        OR (old.state = 'REFUNDED' AND new.state = 'REFUNDED' AND old.payer_id IS NULL)
    ) THEN
        rule := 'escrow_move_legal';
    END IF;
    IF rule IS NULL AND new.gift_minor > 0 AND new.funded_by IS NOT NULL AND NOT EXISTS (
        SELECT FROM transfer AS t
        WHERE t.id = coalesce(new.settled_by, new.funded_by) AND t.kind = CASE
            WHEN new.state = 'FUNDED' THEN 'gift.fund'
            WHEN new.state = 'REFUNDED' THEN 'gift.refund'
            WHEN new.refunded_minor IS NULL THEN 'escrow.release'
            WHEN new.refunded_minor > new.amount_minor - new.gift_minor THEN 'gift.split'
            ELSE 'escrow.split'
        END
    ) THEN
        rule := 'escrow_gifts_are_gifts';
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'escrow %: % breaks %', new.id,
            CASE WHEN tg_op = 'INSERT' THEN new.state ELSE old.state || ' -> ' || new.state END, rule
        USING ERRCODE = 'check_violation', TABLE = 'escrow', CONSTRAINT = rule;
    END IF;
    RETURN new;
END
$$;

CREATE OR REPLACE TRIGGER escrow_legal_move BEFORE INSERT OR UPDATE ON escrow
FOR EACH ROW EXECUTE FUNCTION validate_escrow_move();
