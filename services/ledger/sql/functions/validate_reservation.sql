-- Only legal moves of a reservation, one version each: it begins whole, is captured before it is
-- due and expires after; once over it stays so. Terms never change.
CREATE OR REPLACE FUNCTION validate_reservation() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    rule text;
BEGIN
    IF tg_op = 'INSERT' THEN
        IF new.version <> 1 OR new.state <> 'ACTIVE' OR new.captured_minor <> 0
            OR new.changed_at <> new.created_at
        THEN
            rule := 'reservation_begins_whole';
        END IF;
    ELSIF (new.id, new.account_id, new.asset, new.amount_minor, new.created_at, new.expires_at)
        <> (old.id, old.account_id, old.asset, old.amount_minor, old.created_at, old.expires_at)
        OR (new.to_account, new.memo, new.created_by)
            IS DISTINCT FROM (old.to_account, old.memo, old.created_by)
    THEN
        rule := 'reservation_terms_never_change';
    ELSIF new.version <> old.version + 1 OR new.moved_by = old.moved_by THEN
        rule := 'reservation_version_follows';
    ELSIF old.state <> 'ACTIVE' THEN
        rule := 'reservation_over_stays_over';
    ELSIF (new.captured_minor > old.captured_minor) <> (new.state IN ('ACTIVE', 'COMPLETED'))
        OR new.captured_minor < old.captured_minor
    THEN
        rule := 'reservation_move_legal';
    ELSIF (new.changed_at >= old.expires_at) <> (new.state = 'EXPIRED') THEN
        rule := 'reservation_expires_when_due';
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'reservation %: % breaks %', new.id,
            CASE WHEN tg_op = 'INSERT' THEN new.state ELSE old.state || ' -> ' || new.state END, rule
        USING ERRCODE = 'check_violation', TABLE = 'reservation', CONSTRAINT = rule;
    END IF;
    RETURN new;
END
$$;

CREATE OR REPLACE TRIGGER reservation_legal_move BEFORE INSERT OR UPDATE ON reservation
FOR EACH ROW EXECUTE FUNCTION validate_reservation();
