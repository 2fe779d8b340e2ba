-- Only legal moves of a gift's lot, one version each: it begins whole, is spent before it is due and
-- expires after. What an escrow gives back makes it rise again, also after its time: then it expires
-- next. Terms never change.
CREATE OR REPLACE FUNCTION validate_gift_lot() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    rule text;
BEGIN
    IF tg_op = 'INSERT' THEN
        IF new.version <> 1 OR new.remaining_minor <> new.amount_minor OR new.moved_by <> new.id
            OR new.changed_at <> new.given_at
        THEN
            rule := 'gift_lot_begins_whole';
        END IF;
    ELSIF (new.id, new.account_id, new.giver_account, new.asset, new.amount_minor, new.given_at)
        <> (old.id, old.account_id, old.giver_account, old.asset, old.amount_minor, old.given_at)
        OR (new.expires_at, new.memo) IS DISTINCT FROM (old.expires_at, old.memo)
    THEN
        rule := 'gift_lot_terms_never_change';
    ELSIF new.version <> old.version + 1 OR new.moved_by = old.moved_by THEN
        rule := 'gift_lot_version_follows';
    ELSIF new.remaining_minor = old.remaining_minor
        OR (new.remaining_minor < old.remaining_minor AND old.state <> 'OPEN')
    THEN
        rule := 'gift_lot_falls_while_open';
    ELSIF new.remaining_minor < old.remaining_minor
        AND coalesce(new.changed_at >= old.expires_at, FALSE) <> (new.state = 'EXPIRED')
    THEN
        rule := 'gift_lot_expires_when_due';
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'gift %: % breaks %', new.id,
            CASE WHEN tg_op = 'INSERT' THEN new.state ELSE old.state || ' -> ' || new.state END, rule
        USING ERRCODE = 'check_violation', TABLE = 'gift_lot', CONSTRAINT = rule;
    END IF;
    RETURN new;
END
$$;

CREATE OR REPLACE TRIGGER gift_lot_legal_move BEFORE INSERT OR UPDATE ON gift_lot
FOR EACH ROW EXECUTE FUNCTION validate_gift_lot();
